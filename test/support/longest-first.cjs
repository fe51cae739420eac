const Sequencer = require('@jest/test-sequencer').default;

/** Short files whose tests wait for minutes: begun last, by their size, they would leave a core without work at the end. */
const LONG = ['e2e/batch-crash.test.ts', 'e2e/batch.test.ts'];

/** Jest's own order, by what it remembers of earlier runs or by size, with those first. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const isLong = ({ path }) => LONG.some((name) => path.endsWith(name));
    const inOrder = super.sort(tests);
    return [...inOrder.filter(isLong), ...inOrder.filter((test) => !isLong(test))];
  }
};
