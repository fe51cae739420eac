import type { OptOutSource } from '../../domain/opt-out/events';
import type { Mode } from '../../domain/shared/event';
import type { Page } from './message-reads';

export const OPT_OUT_READS = Symbol('OptOutReads');

/** The resource of the REST contract. */
export interface OptOutView {
  opt_out_id: string;
  mode: Mode;
  /** E.164. */
  phone: string;
  /** Null: every sender. */
  sender_id: string | null;
  source: OptOutSource;
  created_at: string;
}

/** What every id is answered with that is none of this customer's, in this mode, or does not stand any more. */
export const NO_SUCH_OPT_OUT = 'There is no opt-out with this id.';

/** Opt-outs that stand, of one customer in one mode. */
export interface OptOutReads {
  /** From its stream, so that what was just written is there. Null: no such opt-out. @throws NotYours */
  find(customerId: string, mode: Mode, optOutId: string): Promise<OptOutView | null>;
  /** Newest first; `phone` (E.164): of this recipient only. @throws DomainError invalid_cursor */
  list(
    customerId: string,
    mode: Mode,
    filter: { readonly phone?: string },
    limit: number,
    after: string | null,
  ): Promise<Page<OptOutView>>;
}
