import { join } from 'node:path';
import { type Done, describe as report } from '../../failover/report';
import { runScenarios } from '../../failover/run';
import { allDown } from '../../failover/scenarios/all-down';
import { contradictions } from '../../failover/scenarios/contradictions';

jest.setTimeout(320_000);

/** They mostly wait, so they are run side by side; `npm run test:failover` shows the rest, in full. */
const SCENARIOS = [allDown, contradictions];

describe('providers in trouble', () => {
  let all: Done[];

  beforeAll(async () => {
    const folder = join(process.cwd(), 'test-results', `failover-${process.pid}`);
    all = await runScenarios(SCENARIOS, { quick: true, messages: 0 }, SCENARIOS.length, folder, () => undefined);
  });

  it.each(SCENARIOS.map(({ name, about }) => [about, name]))('%s', (_about, name) => {
    const done = all.find(({ scenario }) => scenario.name === name);
    if (done === undefined) throw new Error(`${name} was not run`);
    process.stderr.write(`${report(done)}\n`);
    expect({ error: done.error, findings: done.result?.findings }).toEqual({ error: '', findings: [] });
  });
});
