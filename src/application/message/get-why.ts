import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { DomainError } from '../../domain/shared/domain-error';
import type { Mode } from '../../domain/shared/event';
import { MESSAGE_READS, NO_SUCH_MESSAGE, type MessageReads } from '../ports/message-reads';
import type { MessageWhy } from '../ports/message-why';

/** Why a message went the way it went. @throws DomainError not_found */
export class GetWhy extends Query<MessageWhy> {
  constructor(
    readonly customerId: string,
    readonly mode: Mode,
    readonly messageId: string,
    /** ISO: as it was then. Left out: as it is now. */
    readonly asOf?: string,
  ) {
    super();
  }
}

@QueryHandler(GetWhy)
export class GetWhyHandler implements IQueryHandler<GetWhy> {
  constructor(@Inject(MESSAGE_READS) private readonly reads: MessageReads) {}

  async execute({ customerId, mode, messageId, asOf }: GetWhy): Promise<MessageWhy> {
    const why = await this.reads.why(customerId, mode, messageId, asOf);
    if (why === null) throw new DomainError('not_found', NO_SUCH_MESSAGE);
    return why;
  }
}
