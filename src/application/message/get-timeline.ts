import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { DomainError } from '../../domain/shared/domain-error';
import type { Mode } from '../../domain/shared/event';
import { MESSAGE_READS, NO_SUCH_MESSAGE, type MessageReads, type TimelineEntry } from '../ports/message-reads';

/** Everything that happened to a message, in order. @throws DomainError not_found */
export class GetTimeline extends Query<TimelineEntry[]> {
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

@QueryHandler(GetTimeline)
export class GetTimelineHandler implements IQueryHandler<GetTimeline> {
  constructor(@Inject(MESSAGE_READS) private readonly reads: MessageReads) {}

  async execute({ customerId, mode, messageId, asOf }: GetTimeline): Promise<TimelineEntry[]> {
    const entries = await this.reads.timeline(customerId, mode, messageId, asOf);
    if (entries === null) throw new DomainError('not_found', NO_SUCH_MESSAGE);
    return entries;
  }
}
