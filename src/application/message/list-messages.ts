import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Mode } from '../../domain/shared/event';
import {
  MESSAGE_READS,
  type MessageFilter,
  type MessageReads,
  type MessageView,
  type Page,
} from '../ports/message-reads';

/** Messages of this customer in this mode, newest first. `limit` 1–100. @throws DomainError invalid_cursor */
export class ListMessages extends Query<Page<MessageView>> {
  constructor(
    readonly customerId: string,
    readonly mode: Mode,
    readonly filter: MessageFilter,
    readonly limit: number,
    /** `next_cursor` of the page before; null: the first page. */
    readonly after: string | null,
  ) {
    super();
  }
}

@QueryHandler(ListMessages)
export class ListMessagesHandler implements IQueryHandler<ListMessages> {
  constructor(@Inject(MESSAGE_READS) private readonly reads: MessageReads) {}

  execute({ customerId, mode, filter, limit, after }: ListMessages): Promise<Page<MessageView>> {
    return this.reads.list(customerId, mode, filter, limit, after);
  }
}
