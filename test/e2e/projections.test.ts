import { eventually } from '../support/eventually';
import { startStack, type Stack } from '../support/stack';

/** A larger log, for a rehearsal: a million takes some minutes. */
const amount = Number(process.env['WAHT_TEST_LOG_EVENTS'] ?? 4_000);

jest.setTimeout(180_000 + amount);

interface Status {
  readonly name: string;
  readonly lag_events: number | null;
  readonly parked_streams: number;
}
interface Report {
  readonly projection: string;
  readonly events: number;
  readonly events_per_second: number;
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly equal: boolean }[];
}

/** The read side's commands beside a running program, over a log of the project's own making. */
describe('projections on the command line', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ demo: false });
  });
  afterAll(() => stack.stop());

  async function json<T>(...args: string[]): Promise<T> {
    const { code, output } = await stack.cli(...args, '--json');
    if (code !== 0) throw new Error(`waht ${args.join(' ')}: ${output}`);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T;
  }
  it('generates a log, follows it, rebuilds and verifies it', async () => {
    const { events } = await json<{ events: number }>('generate-log', '--events', String(amount));
    expect(events).toBeGreaterThanOrEqual(amount);
    await eventually(
      async () => {
        const all = await json<Status[]>('projections', 'status');
        return all.length === 9 && all.every((one) => one.lag_events === 0);
      },
      120_000 + amount / 2,
      // Each look is a process of its own, beside one that has a core's work to do.
      amount > 100_000 ? 10_000 : 100,
    );
    const verified = await json<Report[]>('projections', 'verify');
    const rebuilt = await json<Report[]>('projections', 'rebuild');
    for (const reports of [verified, rebuilt]) {
      expect(reports.flatMap(({ tables }) => tables.filter(({ equal }) => !equal))).toEqual([]);
      expect(reports.map(({ projection }) => projection).sort()).toEqual([
        ...[
          'blocks',
          'customers',
          'inbound_numbers',
          'message_attempts',
          'messages',
          'opt_outs',
          'statement',
          'wallets',
        ],
      ]);
    }
    const rows = rebuilt.flatMap(({ tables }) => tables).find(({ table }) => table === 'messages')?.rows ?? 0;
    expect(rows).toBeGreaterThan(amount / 8);
    const { output } = await stack.cli(
      'projections',
      'skip',
      '--projection',
      'wallets',
      '--stream',
      'wallet-x',
      '--note',
      'x',
    );
    expect(output).toContain('wallet-x is not parked for wallets v1.');
    if (process.env['WAHT_TEST_LOG_EVENTS']) process.stderr.write(`${JSON.stringify(rebuilt)}\n`);
  });
});
