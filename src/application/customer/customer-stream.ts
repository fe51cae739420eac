import { Inject, Injectable } from '@nestjs/common';
import type { CustomerCommand } from '../../domain/customer/commands';
import { customerDecider } from '../../domain/customer/decider';
import { streams } from '../../domain/shared/streams';
import { CLOCK, type Clock } from '../ports/clock';
import { EVENT_STORE, type EventStore, type ExpectedRevision } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { requestContext, type Origin } from '../shared/metadata';
import { runDecider } from '../shared/run-decider';

/** Where a command was written, so that a reader can wait until it knows of it. */
export interface Written {
  readonly stream: string;
  readonly revision: ExpectedRevision;
}

/** Carries out a command on a customer's stream. */
@Injectable()
export class CustomerStream {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws DomainError as the decider refuses */
  async carryOut(origin: Origin, customerId: string, command: CustomerCommand): Promise<Written> {
    const stream = streams.customer(customerId);
    const context = requestContext(this.ids, this.clock, { ...origin, customerId });
    const { revision } = await runDecider(this.store, this.ids, { decider: customerDecider, stream, command, context });
    return { stream, revision };
  }
}
