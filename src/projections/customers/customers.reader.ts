import type { LogPosition } from '../../application/ports/event-store';
import type { ProjectionSql } from '../../application/ports/projection';
import type { CustomerState, PriceListState } from '../../domain/customer/state';
import { customersProjection } from './customers.projection';

export interface StoredState<State> {
  readonly id: string;
  /** Of the last event in it. */
  readonly revision: bigint;
  readonly state: State;
}

export interface CustomersAsStored {
  /** All up to here is in the rows; some of what follows may be too. Null: nothing projected yet. */
  readonly upTo: LogPosition | null;
  readonly customers: readonly StoredState<CustomerState>[];
  readonly priceLists: readonly StoredState<PriceListState>[];
  /** Streams with an event that could not be read: the rows do not hold what it says. */
  readonly parked: readonly string[];
}

/** Everything there is, for one process's memory. */
export async function loadCustomers(sql: ProjectionSql): Promise<CustomersAsStored> {
  // The checkpoint first: rows read after it hold at least what it covers.
  const checkpoint = await sql.query<{ commit_position: string | null; prepare_position: string | null }>({
    text: 'SELECT commit_position, prepare_position FROM projection_checkpoints WHERE name = $1 AND version = $2',
    values: [customersProjection.name, customersProjection.version],
  });
  const customers = await sql.query<{ id: string; revision: string; state: CustomerState }>({
    text: 'SELECT customer_id AS id, revision, state FROM customers',
  });
  const priceLists = await sql.query<{ id: string; revision: string; state: PriceListState }>({
    text: 'SELECT price_list_id AS id, revision, state FROM price_lists',
  });
  const parked = await sql.query<{ stream: string }>({
    text: 'SELECT stream FROM parked_streams WHERE projection = $1 AND version = $2',
    values: [customersProjection.name, customersProjection.version],
  });
  const at = checkpoint.rows[0];
  return {
    upTo:
      at?.commit_position == null || at.prepare_position == null
        ? null
        : { commit: BigInt(at.commit_position), prepare: BigInt(at.prepare_position) },
    customers: customers.rows.map((row) => ({ ...row, revision: BigInt(row.revision) })),
    priceLists: priceLists.rows.map((row) => ({ ...row, revision: BigInt(row.revision) })),
    parked: parked.rows.map(({ stream }) => stream),
  };
}
