import type { RecordedEvent } from '../../application/ports/event-store';
import type { EventProjection, ProjectionSql, ProjectionStatement } from '../../application/ports/projection';

/** The events themselves are to blame: the same batch would fail again, whatever the state of Postgres. */
export class PoisonedBatch extends Error {
  /** What may be shown and kept: no value of the events. */
  readonly description: string;

  constructor(cause: unknown) {
    const description = describe(cause);
    super(`the batch cannot be applied: ${description}`, { cause });
    this.name = 'PoisonedBatch';
    this.description = description;
  }
}

/**
 * SQLSTATE classes that speak of the values in a statement: cardinality, data, integrity, check option, a limit of the
 * row's size, an exception of a trigger. All others (connections, resources, the disk, rights, a missing table) are no
 * event's fault.
 */
const BLAMES_DATA: ReadonlySet<string> = new Set(['21', '22', '23', '44', '54', 'P0']);

/** A failed statement may have been caught by the projection: the first failure is what counts, so it is kept here. */
class WatchedSql implements ProjectionSql {
  failure: { readonly error: unknown } | null = null;

  constructor(private readonly sql: ProjectionSql) {}

  async query<Row extends object>(statement: ProjectionStatement): Promise<{ readonly rows: Row[] }> {
    try {
      return await this.sql.query<Row>(statement);
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }
}

/** @throws PoisonedBatch where the events are to blame; where they are not, what Postgres or its driver threw. */
export async function applyBatch(
  projection: EventProjection,
  events: readonly RecordedEvent[],
  sql: ProjectionSql,
): Promise<void> {
  const watched = new WatchedSql(sql);
  try {
    await projection.apply(events, watched);
  } catch (error) {
    if (watched.failure === null) throw new PoisonedBatch(error);
    if (BLAMES_DATA.has(sqlStateOf(watched.failure.error).slice(0, 2))) throw new PoisonedBatch(watched.failure.error);
    throw watched.failure.error;
  }
}

const textOf = (error: unknown, name: string): string => {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'string' ? value : '';
};

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Empty where Postgres did not say: the connection broke, or it was no statement's failure. */
function sqlStateOf(error: unknown): string {
  const code = textOf(error, 'code');
  // The codes of system errors (ECONNRESET, EPIPE) are no SQLSTATEs, though some of them have five letters.
  return SQLSTATE.test(code) && textOf(error, 'severity') !== '' ? code : '';
}

/** A message may quote a value, and that may be personal: of Postgres only codes and names are told, of code its kind and place. */
function describe(error: unknown): string {
  const state = sqlStateOf(error);
  if (state !== '') {
    const names = ['table', 'column', 'constraint'].filter((name) => textOf(error, name) !== '');
    return [`SQLSTATE ${state}`, ...names.map((name) => `${name} ${textOf(error, name)}`)].join(', ');
  }
  if (!(error instanceof Error)) return 'something that is no error was thrown';
  const place = /\bat (?:async )?([\w.<>$]+) /.exec(error.stack ?? '')?.[1];
  return place === undefined ? error.name : `${error.name} in ${place}`;
}
