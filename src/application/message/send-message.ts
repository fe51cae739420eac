import { Inject, Injectable } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DomainError, type ErrorCode } from '../../domain/shared/domain-error';
import { Acceptance } from './acceptance';
import type { SendResult } from './accepted-message';
import { DuplicateGate, type Entry } from './duplicate-gate';
import { EarlierAcceptance } from './earlier-acceptance';
import { MessageDrafts, type MessageDraft } from './message-draft';
import type { Caller, Idempotency, MessageRequest } from './message-request';
import { Offers } from './offers';
import { RateLimited } from './rate-limited';
import { Vetting } from './vetting';

/**
 * Accept a message: checked, paid for and durable, or refused.
 * @throws DomainError validation_failed, customer_suspended, fraud_blocked, recipient_blocked, destination_not_allowed,
 * recipient_opted_out, sender_id_not_registered, insufficient_funds, idempotency_key_reused, in_progress, unavailable; RateLimited;
 * StoreUnavailable where it is not known whether it was accepted
 */
export class SendMessage extends Command<SendResult> {
  constructor(
    readonly caller: Caller,
    readonly request: MessageRequest,
    readonly idempotency: Idempotency | null,
  ) {
    super();
  }
}

/** Refusals that say nothing about an earlier request with the same key, or have looked already. */
const NOT_WORTH_A_LOOK: ReadonlySet<ErrorCode> = new Set(['unavailable', 'idempotency_key_reused']);

/** From a draft to its 202. */
@Injectable()
export class Sending {
  constructor(
    @Inject(MessageDrafts) private readonly drafts: MessageDrafts,
    @Inject(DuplicateGate) private readonly gate: DuplicateGate,
    @Inject(Vetting) private readonly vetting: Vetting,
    @Inject(Offers) private readonly offers: Offers,
    @Inject(Acceptance) private readonly acceptance: Acceptance,
    @Inject(EarlierAcceptance) private readonly earlier: EarlierAcceptance,
  ) {}

  /**
   * Behind the gate. The wallet is asked before this first waits for anything, so the money of messages that are sent one
   * after the other, without waiting, is decided in that order.
   */
  async send(draft: MessageDraft, entry: Entry): Promise<SendResult> {
    if (entry.kind === 'replay') return { response: entry.response, replayed: true };
    let result: SendResult | null = null;
    try {
      result = await this.acceptOrRepeat(draft, entry);
      return result;
    } finally {
      this.gate.leave(draft.admission, result?.response ?? null);
    }
  }

  /** Before a keyed request is refused, the stream is read: it may have been accepted before, and Redis have lost it. */
  private async acceptOrRepeat(draft: MessageDraft, entry: Exclude<Entry, { kind: 'replay' }>): Promise<SendResult> {
    try {
      if (entry.kind === 'rate_limited') throw new RateLimited(entry.limit, entry.retryAfterSeconds);
      this.drafts.checkTime(draft);
      const risk = this.vetting.check(draft, entry.signals);
      const offer = this.offers.make(draft);
      return await this.acceptance.accept(draft, offer, risk);
    } catch (refusal) {
      const worthALook = refusal instanceof DomainError && !NOT_WORTH_A_LOOK.has(refusal.code);
      if (draft.idempotency === null || !worthALook) throw refusal;
      const before = await this.earlier.look(draft);
      if (before === null) throw refusal;
      return before;
    }
  }
}

@CommandHandler(SendMessage)
export class SendMessageHandler implements ICommandHandler<SendMessage> {
  constructor(
    @Inject(MessageDrafts) private readonly drafts: MessageDrafts,
    @Inject(DuplicateGate) private readonly gate: DuplicateGate,
    @Inject(Sending) private readonly sending: Sending,
  ) {}

  async execute({ caller, request, idempotency }: SendMessage): Promise<SendResult> {
    const draft = this.drafts.draft(caller, request, idempotency);
    return this.sending.send(draft, await this.gate.enter(draft.admission));
  }
}
