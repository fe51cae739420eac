import type { Command } from 'commander';
import { DomainError } from '../domain/shared/domain-error';
import type { ProjectionStatus } from '../infrastructure/projections/projection-administration';
import type { RebuildReport } from '../infrastructure/projections/rebuild/rebuild';
import { Application } from './application';
import { print, table, type OutputOptions } from './output';
import { ProgressBar } from './progress-bar';

interface ReleaseOptions extends OutputOptions {
  readonly projection: string;
  readonly stream: string;
  readonly note?: string;
}

export function addProjectionCommands(program: Command): void {
  const projections = program.command('projections').description('the read side: where it stands, what it holds back');
  projections
    .command('status')
    .description('where each projection stands, and how far it is behind the log')
    .option('--json', 'print JSON')
    .action((options: OutputOptions) =>
      Application.with(async (app) => print(await app.projections.status(), options, statusText)),
    );
  projections
    .command('parked')
    .description('streams held back because of an event that cannot be applied')
    .option('--json', 'print JSON')
    .action((options: OutputOptions) =>
      Application.with(async (app) => {
        print(await app.projections.parked(), options, (all) =>
          table(
            ['projection', 'stream', 'at', 'type', 'problem', 'held', 'since', 'error'],
            all.map((one) => [
              ...[one.projection, one.stream, one.revision, one.type, one.problem, one.held, one.since, one.error],
            ]),
          ),
        );
      }),
    );
  addReleaseCommands(projections);
  for (const purpose of ['rebuild', 'verify'] as const) {
    projections
      .command(purpose)
      .description(
        purpose === 'rebuild'
          ? 'builds the rows anew from the log, beside those that serve, and puts them in their place'
          : 'builds the rows anew aside and compares: exit code 1 where a table differs',
      )
      .argument('[projections...]', 'which; all where none is named')
      .option('--json', 'print JSON')
      .action((names: string[], options: OutputOptions) =>
        Application.with(async (app) => {
          const bar = new ProgressBar(purpose === 'rebuild' ? 'Rebuilding' : 'Verifying');
          const interrupted = new AbortController();
          const interrupt = (): void => interrupted.abort();
          for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
          const reports = await app.projections.rebuild(names, purpose, {
            signal: interrupted.signal,
            onProgress: (progress) => bar.show(progress),
          });
          print(reports.map(shown), options, reportText);
          if (purpose === 'verify' && reports.some((report) => !isEqual(report))) process.exitCode = 1;
        }),
      );
  }
}

function addReleaseCommands(projections: Command): void {
  for (const action of ['retry', 'skip'] as const) {
    const command = projections
      .command(action)
      .description(
        action === 'retry'
          ? 'tries a parked stream again from the event that is to blame'
          : 'passes over the event that is to blame, for good, and applies what follows; the note is mandatory',
      )
      .requiredOption('--projection <name>', 'which projection')
      .requiredOption('--stream <stream>', 'which stream');
    if (action === 'retry') command.option('--note <note>', 'why');
    else command.requiredOption('--note <note>', 'why');
    command.option('--json', 'print JSON').action((options: ReleaseOptions) =>
      Application.with(async (app) => {
        const note = options.note?.trim() ?? null;
        if (action === 'skip' && !note) throw new DomainError('validation_failed', 'The note says why; it is empty.');
        const { stream, projection } = options;
        const actor = app.origin.actor.id;
        const { applied, parkedAt } = await app.projections.letGo(projection, { action, stream, note, actor });
        print({ projection, stream, applied, parked_at: parkedAt?.toString() ?? null }, options, () =>
          parkedAt === null
            ? `${stream} flows again: ${applied} events applied.`
            : `${stream} is still parked, at ${parkedAt}: ${applied} events applied.`,
        );
        if (parkedAt !== null) process.exitCode = 1;
      }),
    );
  }
}

const statusText = (all: readonly ProjectionStatus[]): string =>
  table(
    ['projection', 'version', 'position', 'events', 'behind', 'seconds', 'parked', 'last event', 'moved'],
    all.map((one) => [
      one.name,
      one.wanted_version === null ? `${one.version}` : `${one.version}, ${one.wanted_version} wanted`,
      one.position,
      one.events,
      one.lag_is_more ? `over ${one.lag_events}` : one.lag_events,
      one.lag_seconds,
      one.parked_streams,
      one.last_event_at,
      one.updated_at,
    ]),
  );

const isEqual = ({ tables }: RebuildReport): boolean =>
  tables.every(({ served, rebuilt }) => served.sha256 === rebuilt.sha256);

const shown = (report: RebuildReport) => ({
  projection: report.projection,
  version: report.version,
  position: report.position === null ? null : `${report.position.commit}/${report.position.prepare}`,
  events: report.events,
  seconds: Math.round(report.seconds * 10) / 10,
  events_per_second: Math.round(report.events / report.seconds),
  parked_streams: report.parkedStreams,
  tables: report.tables.map(({ table, served, rebuilt }) => ({
    table,
    rows: rebuilt.rows,
    sha256: rebuilt.sha256,
    served_rows: served.rows,
    served_sha256: served.sha256,
    equal: served.sha256 === rebuilt.sha256,
  })),
});

const reportText = (reports: readonly ReturnType<typeof shown>[]): string =>
  table(
    ['projection', 'table', 'rows', 'sha256', 'what served', 'events', 'seconds', 'events/s'],
    reports.flatMap((one) =>
      one.tables.map((of) => [
        ...[one.projection, of.table, of.rows, of.sha256.slice(0, 16)],
        of.equal ? 'equal' : `differs: ${of.served_rows} rows, ${of.served_sha256.slice(0, 16)}`,
        ...[one.events, one.seconds, one.events_per_second],
      ]),
    ),
  );
