import { Inject, Injectable } from '@nestjs/common';
import type { QueueMessage, ScheduleMessage } from '../../domain/message/commands';
import { messageDecider } from '../../domain/message/decider';
import type { MessageEvent, MessageQueued, RiskNote } from '../../domain/message/events';
import type { MessageState } from '../../domain/message/state';
import { fold } from '../../domain/shared/decider';
import { DomainError } from '../../domain/shared/domain-error';
import { moneyString, type Money, type MoneyString } from '../../domain/shared/money';
import { streams } from '../../domain/shared/streams';
import type { Tier } from '../../domain/routing/tiers';
import { EVENT_STORE, WrongExpectedRevision, type EventStore, type ExpectedRevision } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { LOGGER, type Logger } from '../ports/logger';
import { SUBJECT_VAULT, type Subject, type SubjectVault } from '../ports/subject-vault';
import { WALLETS, type Wallets } from '../ports/wallets';
import { newEvents } from '../shared/new-events';
import { acceptedFrom, type SendResult } from './accepted-message';
import { EarlierAcceptance, queuedIn } from './earlier-acceptance';
import type { MessageDraft } from './message-draft';
import type { Offer } from './offers';

/** Writers that can meet on one message's stream are this key's duplicates and the sweeper: few. */
const ATTEMPTS = 5;

/** Money first, then the message: a 202 exists only once `MessageQueued` is durable and names its reservation. */
@Injectable()
export class Acceptance {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(WALLETS) private readonly wallets: Wallets,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(EarlierAcceptance) private readonly earlier: EarlierAcceptance,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Where the outcome of the append stays unknown, the reservation is left to the sweeper.
   * @throws DomainError insufficient_funds, idempotency_key_reused, unavailable; StoreUnavailable
   */
  async accept(draft: MessageDraft, offer: Offer, risk: RiskNote): Promise<SendResult> {
    const subject = await this.reserve(draft, offer.amount);
    const command = commandFor(draft, offer, risk, subject, this.vault);
    let state: MessageState = messageDecider.initialState;
    let expected: ExpectedRevision = 'no_stream';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (await this.append(draft, command, state, expected)) {
        return { response: acceptedFrom(command.data), replayed: false };
      }
      const history = await this.store.readStream<MessageEvent>(streams.message(draft.messageId));
      const winner = queuedIn(history);
      if (winner !== null && winner.reservationId !== draft.reservationId) return this.concede(draft, history);
      state = fold(messageDecider, history as Iterable<MessageEvent>);
      expected = history.at(-1)?.revision ?? 'no_stream';
    }
    throw new DomainError('unavailable', 'Too many requests wrote to this message at once.', [], 1);
  }

  /** Both at once: the wallet's append and, for a recipient that is new here, the insert of its key. */
  private async reserve(draft: MessageDraft, amount: Money): Promise<Subject> {
    const { caller, metadata, messageId, reservationId, phone, admission } = draft;
    const { customerId } = caller.customer;
    const wallet = { customerId, mode: caller.mode };
    const context = { commandId: this.ids.uuid(), metadata };
    const [reserved, subject] = await Promise.allSettled([
      this.wallets.reserve(wallet, context, { reservationId, messageId, amount }),
      this.vault.subjectFor(customerId, phone.e164, admission.lookupHash),
    ]);
    if (reserved.status === 'rejected') throw reserved.reason;
    // The reservation stays until the sweeper has closed the message's id, like every other that no message names.
    if (subject.status === 'rejected') throw subject.reason;
    return subject.value;
  }

  /** False where someone else wrote first. The decider refuses where the sweeper has given this reservation up. */
  private async append(
    { messageId, commandId, metadata }: MessageDraft,
    command: QueueMessage | ScheduleMessage,
    state: MessageState,
    expected: ExpectedRevision,
  ): Promise<boolean> {
    const events = messageDecider.decide(command, state);
    // It stands already: an append of ours that was answered as a conflict had been written.
    if (events.length === 0) return true;
    try {
      await this.store.append(
        streams.message(messageId),
        expected,
        newEvents(this.ids, { commandId, metadata }, events),
      );
      return true;
    } catch (error) {
      if (error instanceof WrongExpectedRevision) return false;
      throw error;
    }
  }

  /** Another request with this key won: ours gives back its own reservation and repeats the winner's answer. */
  private async concede(draft: MessageDraft, history: Parameters<EarlierAcceptance['of']>[1]): Promise<SendResult> {
    const { caller, metadata, messageId, reservationId } = draft;
    const wallet = { customerId: caller.customer.customerId, mode: caller.mode };
    const context = { commandId: this.ids.uuid(), metadata };
    try {
      await this.wallets.release(wallet, context, { reservationId, messageId, reason: 'lost_race' });
    } catch (error) {
      // The sweeper finds it: the message names another reservation, so this one is released then.
      this.logger.warn({ err: error, messageId, reservationId }, 'a lost reservation is left to the sweeper');
    }
    const before = await this.earlier.of(draft, history);
    if (before === null) throw new DomainError('unavailable', 'The message could not be read.', [], 1);
    return before;
  }
}

/** Sent at once, or kept for its time. */
function commandFor(
  draft: MessageDraft,
  offer: Offer,
  risk: RiskNote,
  subject: Subject,
  vault: SubjectVault,
): QueueMessage | ScheduleMessage {
  const queued = queuedData(draft, offer, risk, subject, vault);
  if (draft.sendAt === null) return { type: 'QueueMessage', data: queued };
  const { validUntil: _validUntil, ...data } = queued;
  const { sendAt, validForSeconds, deferred } = draft;
  const reason = deferred ? 'hours' : 'requested';
  return { type: 'ScheduleMessage', data: { ...data, sendAt, validForSeconds, reason } };
}

function queuedData(
  draft: MessageDraft,
  offer: Offer,
  risk: RiskNote,
  { subjectId }: Subject,
  vault: SubjectVault,
): MessageQueued['data'] {
  const { caller, request, idempotency, segmentation } = draft;
  const prices: { [tier in Tier]?: MoneyString } = {};
  for (const tier of offer.candidates) {
    const price = offer.prices[tier];
    if (price !== undefined) prices[tier] = moneyString(price);
  }
  return {
    messageId: draft.messageId,
    customerId: caller.customer.customerId,
    mode: caller.mode,
    channel: 'sms',
    class: request.class,
    subjectId,
    to: vault.seal(subjectId, draft.phone.e164),
    body: vault.seal(subjectId, draft.text),
    sender: offer.sender,
    encoding: segmentation.encoding,
    segments: segmentation.segments,
    country: draft.phone.country,
    network: offer.network,
    candidates: offer.candidates,
    priceListId: offer.priceList.priceListId,
    priceListVersion: offer.priceList.version,
    prices,
    quote: { tier: offer.tier, amount: moneyString(offer.amount) },
    reservationId: draft.reservationId,
    onUnknown: request.onUnknown ?? 'never_twice',
    maxCost: request.maxCost === null ? null : moneyString(request.maxCost),
    clientReference: request.clientReference,
    batchId: draft.batchId,
    routing: offer.standings,
    risk,
    validUntil: draft.validUntil,
    requestDigest: idempotency === null ? null : vault.seal(subjectId, idempotency.digest),
  };
}
