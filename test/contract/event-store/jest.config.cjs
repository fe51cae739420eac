/**
 * The contract of an event store without the services that other tests need: these need a connection string only.
 * `tools/test-event-store.mjs` runs it.
 */
const { projects } = require('../../../jest.config.cjs');

const contract = projects.find(({ displayName }) => displayName === 'contract');
module.exports = {
  ...contract,
  globalSetup: undefined,
  globalTeardown: undefined,
  testPathIgnorePatterns: [],
  displayName: 'event store',
  testMatch: ['suite', 'secure'].map((name) => `<rootDir>/test/contract/event-store/${name}/**/*.test.ts`),
};
