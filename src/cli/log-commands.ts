import type { Command } from 'commander';
import { AcceptLog } from '../application/restoring/accept-log';
import { money, toKesText } from '../domain/shared/money';
import { csvLine } from '../infrastructure/audit/csv';
import type { LostEvent } from '../infrastructure/restoring/lost-rows';
import type { LogStatus } from '../infrastructure/restoring/postgres-restored-log';
import { Application } from './application';
import { facts, print, table, writeOut, type OutputOptions } from './output';
import { Progress } from './progress';

/** More of them are for a program, or for a spreadsheet. */
const MOST_SHOWN = 1_000;

export function addLogCommands(program: Command): void {
  const log = program.command('log').description('the event log itself: restored from a copy, cut, accepted as it is');
  log
    .command('status')
    .description('what is known of the log, and whether that is so: exit code 1 where writes are refused, and why')
    .option('--json', 'print JSON')
    .action((options: OutputOptions) =>
      Application.with(async (app) => {
        const status = await app.restoring.status();
        print(status, options, statusText);
        if (status.halted) process.exitCode = 1;
      }),
    );
  log
    .command('affected')
    .description('all that the audit log and the read models know and the log no longer holds')
    .option('--json', 'print JSON')
    .option('--csv', 'print CSV; no cell begins as a formula does')
    .option('--out <file>', 'a file instead of the output')
    .option('--acceptance <id>', 'what was lost with that acceptance')
    .action((options: AffectedOptions) => Application.with((app) => affected(app, options)));
  log
    .command('accept')
    .description('takes the log as it is for the truth; every process must be stopped, and the note is mandatory')
    .requiredOption('--note <note>', 'why, and who decided it; stays in the log')
    .option('--json', 'print JSON')
    .action((options: OutputOptions & { note: string }) =>
      Application.with(async (app) => {
        const { acceptanceId, found, lostEvents, owed } = await app.commands.execute(
          new AcceptLog(app.origin, options.note),
        );
        const shown = { acceptance_id: acceptanceId, found, lost_events: lostEvents, owed };
        print(
          shown,
          options,
          () =>
            `Accepted as ${acceptanceId}: ${lostEvents} events are lost (waht log affected lists them).\n` +
            'Writes stay refused until all is made anew from it: waht projections rebuild, then waht audit replay --replace.',
        );
      }),
    );
}

interface AffectedOptions extends OutputOptions {
  readonly csv?: boolean;
  readonly out?: string;
  readonly acceptance?: string;
}

interface Shown {
  readonly known_by: string;
  readonly type: string | null;
  readonly stream: string;
  readonly revision: string;
  readonly event_id: string | null;
  readonly customer_id: string | null;
  readonly mode: string | null;
  readonly message_id: string | null;
  readonly reservation_id: string | null;
  readonly amount_kes: string | null;
  readonly correlation_id: string | null;
  readonly actor: string | null;
  readonly at: string | null;
  readonly recorded_at: string | null;
}

const NAMES = [
  ...(['known_by', 'type', 'stream', 'revision', 'event_id', 'customer_id', 'mode', 'message_id'] as const),
  ...(['reservation_id', 'amount_kes', 'correlation_id', 'actor', 'at', 'recorded_at'] as const),
] satisfies readonly (keyof Shown)[];

async function affected(app: Application, options: AffectedOptions): Promise<void> {
  const progress = new Progress();
  const { json, csv, out, acceptance = null } = options;
  await writeOut(out, async (write) => {
    const first: Shown[] = [];
    let count = 0;
    if (csv) await write(csvLine([...NAMES]));
    else if (json) await write('[');
    await app.restoring.forEachLost(
      acceptance,
      async (page) => {
        const rows = page.map(shownOf);
        if (csv) await write(rows.map((row) => csvLine(NAMES.map((name) => row[name]))).join(''));
        else if (json) await write(`${count > 0 ? ',' : ''}${rows.map((row) => JSON.stringify(row)).join(',')}`);
        else first.push(...rows.slice(0, MOST_SHOWN - first.length));
        count += rows.length;
      },
      (rows) => progress.show(`the log and the audit log agree so far: ${rows} rows`),
    );
    progress.end();
    if (json && !csv) await write(']\n');
    else if (!csv) await write(affectedText(first, count));
  }).finally(() => progress.end());
}

function shownOf({ amount, actor_kind: kind, actor_id: id, ...row }: LostEvent): Shown {
  return {
    known_by: row.known_by,
    type: row.type,
    stream: row.stream,
    revision: row.revision,
    event_id: row.event_id,
    customer_id: row.customer_id,
    mode: row.mode,
    message_id: row.message_id,
    reservation_id: row.reservation_id,
    amount_kes: amount === null ? null : toKesText(money(BigInt(amount))),
    correlation_id: row.correlation_id,
    actor: kind === null ? null : `${kind}:${id ?? ''}`,
    at: row.at,
    recorded_at: row.recorded_at,
  };
}

function affectedText(rows: readonly Shown[], count: number): string {
  if (count === 0) return 'The log holds all that is known.\n';
  const more = count > rows.length ? `\n… and ${count - rows.length} more: --csv and --json give all.` : '';
  const lines = table(
    ['type', 'stream', 'rev', 'customer', 'message', 'reservation', 'KES', 'actor', 'at', 'correlation'],
    rows.map((row) => [
      ...[row.type ?? `(row of ${row.known_by})`, row.stream, row.revision, row.customer_id, row.message_id],
      ...[row.reservation_id, row.amount_kes, row.actor, row.at, row.correlation_id],
    ]),
  );
  return `${lines}${more}\n\n${count} events are known and not in the log.\n`;
}

function statusText({ halted, found, head, read_models_at, mark, owed, acceptances }: LogStatus): string {
  const lines = facts([
    ['state', halted ? 'HALTED: writes are refused' : 'the log holds all that is known of it'],
    ['found', found],
    ['head of the log', head],
    ['read models at', read_models_at],
    ['mark', mark === null ? null : `event ${mark.event_id} at ${mark.position}`],
    ['to be made anew', owed.length === 0 ? null : owed.join(', ')],
  ]);
  if (acceptances.length === 0) return lines;
  const accepted = table(
    ['acceptance', 'at', 'by', 'lost events', 'note'],
    acceptances.map((one) => [one.id, one.at, one.actor, one.lost_events, one.note]),
  );
  return `${lines}\n\n${accepted}`;
}
