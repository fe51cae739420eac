import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { DomainError } from '../../domain/shared/domain-error';
import type { Mode } from '../../domain/shared/event';
import { NO_SUCH_OPT_OUT, OPT_OUT_READS, type OptOutReads, type OptOutView } from '../ports/opt-out-reads';

/** An opt-out that stands. @throws DomainError not_found; NotYours */
export class GetOptOut extends Query<OptOutView> {
  constructor(
    readonly customerId: string,
    readonly mode: Mode,
    readonly optOutId: string,
  ) {
    super();
  }
}

@QueryHandler(GetOptOut)
export class GetOptOutHandler implements IQueryHandler<GetOptOut> {
  constructor(@Inject(OPT_OUT_READS) private readonly reads: OptOutReads) {}

  async execute({ customerId, mode, optOutId }: GetOptOut): Promise<OptOutView> {
    const found = await this.reads.find(customerId, mode, optOutId);
    if (found === null) throw new DomainError('not_found', NO_SUCH_OPT_OUT);
    return found;
  }
}
