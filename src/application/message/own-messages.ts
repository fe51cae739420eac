import { Inject, Injectable } from '@nestjs/common';
import type { MessageCommand } from '../../domain/message/commands';
import { messageDecider } from '../../domain/message/decider';
import { ownerOf } from '../../domain/message/state';
import { DomainError } from '../../domain/shared/domain-error';
import { streams } from '../../domain/shared/streams';
import { CLOCK, type Clock } from '../ports/clock';
import { EVENT_STORE, StreamDeleted, WrongExpectedRevision, type EventStore } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { NO_SUCH_MESSAGE } from '../ports/message-reads';
import { requestContext } from '../shared/metadata';
import { NotYours } from '../shared/not-yours';
import { readOn, runDecider, type StreamState } from '../shared/run-decider';
import type { MessageState } from '../../domain/message/state';
import type { Caller } from './message-request';

/** What customers ask of messages of their own. It races with their dispatch by the exact revision. */
@Injectable()
export class OwnMessages {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws DomainError not_found, conflict, and what the decider refuses with; StoreUnavailable */
  async run(caller: Caller, messageId: string, command: MessageCommand): Promise<void> {
    const known = await this.read(caller, messageId);
    const { customer, keyId, requestId: correlationId } = caller;
    const { customerId } = customer;
    const context = requestContext(this.ids, this.clock, {
      actor: { kind: 'key', id: keyId },
      customerId,
      correlationId,
    });
    const stream = streams.message(messageId);
    try {
      await runDecider(this.store, this.ids, { decider: messageDecider, stream, command, context, known });
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      throw new DomainError('conflict', 'The message changes right now; look at it and try again.');
    }
  }

  private async read({ customer, mode }: Caller, messageId: string): Promise<StreamState<MessageState>> {
    const initial = { state: messageDecider.initialState, revision: 'no_stream' as const };
    const known = await readOn(this.store, messageDecider, streams.message(messageId), initial).catch(
      (error: unknown) => {
        if (error instanceof StreamDeleted) return initial;
        throw error;
      },
    );
    const owner = ownerOf(known.state);
    if (owner === null) throw new DomainError('not_found', NO_SUCH_MESSAGE);
    if (owner.customerId !== customer.customerId) throw new NotYours(NO_SUCH_MESSAGE, messageId, 'other_customer');
    if (owner.mode !== mode) throw new NotYours(NO_SUCH_MESSAGE, messageId, 'other_mode');
    return known;
  }
}
