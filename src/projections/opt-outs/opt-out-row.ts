import type { RecordedEvent } from '../../application/ports/event-store';
import type { OptOutEvent, OptOutSource } from '../../domain/opt-out/events';
import { assertNever } from '../../domain/shared/decider';
import type { Mode } from '../../domain/shared/event';
import type { Sealed } from '../../domain/shared/sealed';
import { eventOf } from '../shared/event-of';

/** Times are ISO. */
export interface OptOutRow {
  readonly opt_out_id: string;
  readonly revision: string;
  readonly customer_id: string;
  readonly mode: Mode;
  readonly subject_id: string;
  readonly phone: Sealed;
  readonly sender: string | null;
  readonly source: OptOutSource;
  readonly opted_out_at: string;
  readonly ended_at: string | null;
  readonly ended_by: OptOutSource | 'erasure' | null;
}

/** The row of an opt-out after one more event of its stream; one that is in it already changes nothing. */
export function foldOptOut(row: OptOutRow | null, recorded: RecordedEvent): OptOutRow | null {
  if (row !== null && recorded.revision <= BigInt(row.revision)) return row;
  const event = eventOf<OptOutEvent>(recorded);
  const revision = recorded.revision.toString();
  const { at } = recorded.metadata;
  switch (event.type) {
    case 'RecipientOptedOut': {
      const { optOutId, customerId, subjectId, ...rest } = event.data;
      const ids = { opt_out_id: optOutId, customer_id: customerId, subject_id: subjectId };
      return { ...ids, revision, ...rest, opted_out_at: at, ended_at: null, ended_by: null };
    }
    case 'RecipientOptedIn':
      return row === null ? null : { ...row, revision, ended_at: at, ended_by: event.data.source };
    default:
      return assertNever(event);
  }
}

/** Nothing is left to know the recipient by: written to again, they are somebody new. */
export const endedByErasure = (row: OptOutRow, at: string): OptOutRow =>
  row.ended_at === null ? { ...row, ended_at: at, ended_by: 'erasure' } : row;
