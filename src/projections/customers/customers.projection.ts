import type { RecordedEvent } from '../../application/ports/event-store';
import type { EventProjection, ProjectionSql } from '../../application/ports/projection';
import { customerDecider } from '../../domain/customer/decider';
import type { CustomerEvent, PriceListEvent } from '../../domain/customer/events';
import { priceListDecider } from '../../domain/customer/price-list-decider';
import type { DomainEvent } from '../../domain/shared/event';
import { streamPrefixes } from '../../domain/shared/streams';
import { byStream, eventOf } from '../shared/event-of';
import { sqlJson } from '../shared/sql-json';

const CUSTOMER_EVENTS: readonly CustomerEvent['type'][] = [
  'CustomerRegistered',
  'CustomerSuspended',
  'CustomerReinstated',
  'ApiKeyIssued',
  'ApiKeyRevoked',
  'SenderIdRequested',
  'SenderIdApproved',
  'SenderIdRejected',
  'DefaultSenderChosen',
  'PriceListAssigned',
  'RoutingAssigned',
  'LimitsChanged',
];
const PRICE_LIST_EVENTS: readonly PriceListEvent['type'][] = ['PriceListPublished'];

interface Row {
  id: string;
  revision: string;
  state: object;
}

/** One kind of stream, folded by its decider into one table. */
interface Fold<State extends object, Event extends DomainEvent> {
  readonly prefix: string;
  readonly select: string;
  readonly upsert: string;
  readonly initialState: State;
  evolve(state: State, event: Event): State;
}

const UPSERT = (table: string, key: string): string =>
  `INSERT INTO ${table} AS t (${key}, revision, state)
   SELECT id, revision, state FROM json_to_recordset($1::json) AS x(id text, revision bigint, state jsonb)
   ON CONFLICT (${key}) DO UPDATE SET revision = excluded.revision, state = excluded.state
    WHERE t.revision < excluded.revision`;

const CUSTOMERS = {
  prefix: streamPrefixes.customer,
  select: 'SELECT customer_id AS id, revision, state FROM customers WHERE customer_id = ANY($1)',
  upsert: UPSERT('customers', 'customer_id'),
  initialState: customerDecider.initialState,
  evolve: customerDecider.evolve,
};

const PRICE_LISTS = {
  prefix: streamPrefixes.priceList,
  select: 'SELECT price_list_id AS id, revision, state FROM price_lists WHERE price_list_id = ANY($1)',
  upsert: UPSERT('price_lists', 'price_list_id'),
  initialState: priceListDecider.initialState,
  evolve: priceListDecider.evolve,
};

/** The state of every customer and price list: what the directory is loaded from at start. */
export const customersProjection: EventProjection = {
  kind: 'events',
  name: 'customers',
  version: 1,
  tables: [{ name: 'customers' }, { name: 'price_lists' }],
  handles: [...CUSTOMER_EVENTS, ...PRICE_LIST_EVENTS],
  async apply(events, sql) {
    await foldInto(CUSTOMERS, events, sql);
    await foldInto(PRICE_LISTS, events, sql);
  },
};

async function foldInto<State extends object, Event extends DomainEvent>(
  fold: Fold<State, Event>,
  events: readonly RecordedEvent[],
  sql: ProjectionSql,
): Promise<void> {
  const streams = byStream(events.filter((event) => event.stream.startsWith(fold.prefix)));
  if (streams.size === 0) return;
  const ids = [...streams.keys()].map((stream) => stream.slice(fold.prefix.length));
  const { rows } = await sql.query<Row>({ text: fold.select, values: [ids] });
  const standing = new Map(rows.map((row) => [row.id, row]));
  const changed: { id: string; revision: string; state: State }[] = [];
  for (const [stream, news] of streams) {
    const id = stream.slice(fold.prefix.length);
    const before = standing.get(id);
    const seen = before === undefined ? -1n : BigInt(before.revision);
    const fresh = news.filter((event) => event.revision > seen);
    const last = fresh.at(-1);
    if (last === undefined) continue;
    // The projection itself wrote it, from this very fold; another shape of the state is another version of the projection.
    let state = (before?.state as State | undefined) ?? fold.initialState;
    for (const event of fresh) state = fold.evolve(state, eventOf<Event>(event));
    changed.push({ id, revision: last.revision.toString(), state });
  }
  if (changed.length > 0) await sql.query({ text: fold.upsert, values: [sqlJson(changed)] });
}
