import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { DomainError } from '../../domain/shared/domain-error';
import type { Mode } from '../../domain/shared/event';
import { MESSAGE_READS, NO_SUCH_MESSAGE, type MessageReads, type MessageView } from '../ports/message-reads';

/** Later than any event: what the log says, whatever the read model has by now. */
export const AS_THE_LOG_SAYS = '9999-12-31T23:59:59.999Z';

/** One message of this customer in this mode. @throws DomainError not_found */
export class GetMessage extends Query<MessageView> {
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

@QueryHandler(GetMessage)
export class GetMessageHandler implements IQueryHandler<GetMessage> {
  constructor(@Inject(MESSAGE_READS) private readonly reads: MessageReads) {}

  async execute({ customerId, mode, messageId, asOf }: GetMessage): Promise<MessageView> {
    const view = await this.reads.find(customerId, mode, messageId, asOf);
    if (view === null) throw new DomainError('not_found', NO_SUCH_MESSAGE);
    return view;
  }
}
