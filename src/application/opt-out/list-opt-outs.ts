import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Mode } from '../../domain/shared/event';
import type { Page } from '../ports/message-reads';
import { OPT_OUT_READS, type OptOutReads, type OptOutView } from '../ports/opt-out-reads';

/** Opt-outs of this customer in this mode that stand, newest first. `limit` 1–100. @throws DomainError invalid_cursor */
export class ListOptOuts extends Query<Page<OptOutView>> {
  constructor(
    readonly customerId: string,
    readonly mode: Mode,
    /** `phone`: E.164. */
    readonly filter: { readonly phone?: string },
    readonly limit: number,
    /** `next_cursor` of the page before; null: the first page. */
    readonly after: string | null,
  ) {
    super();
  }
}

@QueryHandler(ListOptOuts)
export class ListOptOutsHandler implements IQueryHandler<ListOptOuts> {
  constructor(@Inject(OPT_OUT_READS) private readonly reads: OptOutReads) {}

  execute({ customerId, mode, filter, limit, after }: ListOptOuts): Promise<Page<OptOutView>> {
    return this.reads.list(customerId, mode, filter, limit, after);
  }
}
