import { join } from 'node:path';
import { describe as report } from '../../faults/report';
import { type Outcome, QUICK, runFaults } from '../../faults/run';

jest.setTimeout(240_000);

/** Drawn anew for each run: what is found once is found again with `npm run test:faults -- --quick --seed N`. */
const SEED = 1 + Math.floor(Math.random() * 2 ** 31);

describe('every process killed, held and restarted by chance under load', () => {
  let outcome: Outcome;

  beforeAll(async () => {
    const folder = join(process.cwd(), 'test-results', `faults-${process.pid}`);
    outcome = await runFaults(QUICK, SEED, folder, () => undefined);
    process.stderr.write(`${report(outcome)}\n`);
  });

  it('loses nothing that was acknowledged, doubles nothing, and shows what the log says', () => {
    expect({ seed: SEED, findings: outcome.findings }).toEqual({ seed: SEED, findings: [] });
  });

  it('did what it is there for', () => {
    const kills = Object.values(outcome.strokes.kill).reduce((sum, times) => sum + times, 0);
    expect(kills).toBeGreaterThan(0);
    const looked = (what: string): number => outcome.looked[what] ?? 0;
    for (const what of [
      '202s',
      'replays',
      'send answered 402',
      'handset copies',
      'charges',
      'audit rows',
      'read answered 200',
    ])
      expect([what, looked(what) > 0]).toEqual([what, true]);
  });
});
