import { Inject, Injectable } from '@nestjs/common';
import type { InboundCommand } from '../../domain/inbound/commands';
import { inboundDecider } from '../../domain/inbound/decider';
import { streams } from '../../domain/shared/streams';
import { CLOCK, type Clock } from '../ports/clock';
import { EVENT_STORE, type EventStore } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { requestContext, type Origin } from '../shared/metadata';
import { runDecider } from '../shared/run-decider';

/** Carries out a command on a number's stream. */
@Injectable()
export class InboundStream {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @returns whether anything changed. @throws DomainError as the decider refuses */
  async carryOut(origin: Origin, command: InboundCommand): Promise<boolean> {
    const { events } = await runDecider(this.store, this.ids, {
      decider: inboundDecider,
      stream: streams.inbound(command.number),
      command,
      context: requestContext(this.ids, this.clock, origin),
    });
    return events.length > 0;
  }
}
