import { Inject, Injectable } from '@nestjs/common';
import { amountToCharge } from '../../domain/message/candidates';
import type {
  MessageDelivered,
  MessageDispatched,
  MessageEvent,
  MessageFailed,
  MessageOutcomeUnknown,
} from '../../domain/message/events';
import { isLive, isTerminal, type LiveMessage } from '../../domain/message/state';
import type { Tier } from '../../domain/routing/tiers';
import { DomainError } from '../../domain/shared/domain-error';
import { parseMoney, type MoneyString } from '../../domain/shared/money';
import type { FundsReleased } from '../../domain/wallet/events';
import type { RecordedEvent } from '../ports/event-store';
import { TIMERS, type Timers } from '../ports/timers';
import { WALLETS, type CommandContext, type Wallets } from '../ports/wallets';
import { MessageCommands, type Cause } from './message-commands';
import { MessageMemory, type KnownMessage } from './message-memory';
import { RecentDispatches } from './recent-dispatches';

const ACTOR = { kind: 'system', id: 'settlement' } as const;
/** Nobody waits for a settlement as for a request: a store that is slow for a while is waited for. */
const SETTLE_WITHIN_MS = 20_000;

/** What `onEvent` does something with: nothing else is handed to it, and a case for anything else does not compile. */
export const SETTLEMENT_EVENTS = [
  'MessageDispatched',
  'MessageOutcomeUnknown',
  'MessageDelivered',
  'MessageFailed',
  'MessageExpired',
  'MessageCancelled',
] as const satisfies readonly MessageEvent['type'][];

/**
 * The money moments, and the alarm of the report deadline. A reservation ends once, whoever asks and however often, so
 * every event may come twice, late or before the one that it follows.
 */
@Injectable()
export class Settlement {
  constructor(
    @Inject(WALLETS) private readonly wallets: Wallets,
    @Inject(TIMERS) private readonly timers: Timers,
    private readonly memory: MessageMemory,
    private readonly commands: MessageCommands,
    private readonly recent: RecentDispatches,
  ) {}

  async onEvent(event: RecordedEvent): Promise<void> {
    switch (event.type as (typeof SETTLEMENT_EVENTS)[number]) {
      case 'MessageDispatched':
        return this.dispatched(event, event.data as MessageDispatched['data']);
      case 'MessageOutcomeUnknown': {
        const data = event.data as MessageOutcomeUnknown['data'];
        if (data.final) return this.ended(event, data.charge, null, 'unknown');
        return this.awaitReport(data);
      }
      case 'MessageDelivered': {
        const { charge, tier } = event.data as MessageDelivered['data'];
        return this.ended(event, charge, tier, 'failed');
      }
      case 'MessageFailed':
        return this.ended(event, (event.data as MessageFailed['data']).charge, null, 'failed');
      case 'MessageExpired':
        return this.ended(event, 'released', null, 'expired');
      case 'MessageCancelled':
        return this.ended(event, 'released', null, 'cancelled');
    }
  }

  /** Charged at the provider's acceptance; under prefer_delivery only when it is final. */
  private async dispatched(event: RecordedEvent, data: MessageDispatched['data']): Promise<void> {
    const { messageId, provider, providerMessageId, amount } = data;
    const [message, state] = await this.load(event);
    if (message === null || state === null) return;
    this.recent.note(provider, providerMessageId, messageId);
    const debited =
      state.order.onUnknown === 'never_twice' ? this.debit(event, message, state, amount) : Promise.resolve();
    await Promise.all([debited, isTerminal(state) ? Promise.resolve() : this.awaitReport(data)]);
  }

  private awaitReport(data: MessageDispatched['data'] | MessageOutcomeUnknown['data']): Promise<void> {
    const { messageId, attempt, reportDeadline } = data;
    return this.timers.set({ messageId, attempt, purpose: 'report_deadline', dueAt: reportDeadline });
  }

  private async ended(
    event: RecordedEvent,
    charge: MessageFailed['data']['charge'],
    deliveredAt: Tier | null,
    reason: FundsReleased['data']['reason'],
  ): Promise<void> {
    const [message, state] = await this.load(event);
    if (message === null || state === null) return;
    const { messageId } = message;
    await Promise.all([this.money(event, message, state, charge, deliveredAt, reason), this.timers.clear(messageId)]);
  }

  private async money(
    event: RecordedEvent,
    message: KnownMessage,
    state: LiveMessage,
    charge: MessageFailed['data']['charge'],
    deliveredAt: Tier | null,
    reason: FundsReleased['data']['reason'],
  ): Promise<void> {
    if (charge === 'charged') {
      // Under never_twice the acceptance has charged it already, or is about to.
      if (state.order.onUnknown === 'never_twice') return;
      return this.debit(event, message, state, amountToCharge(state, deliveredAt));
    }
    // A delivery reported after the money had gone back changes nothing about it.
    if (deliveredAt !== null) return;
    const { reservationId } = state.order;
    const context = this.commands.context(message, causeOf(event), 'release', SETTLE_WITHIN_MS);
    await this.wallets.release(walletOf(state), context, { reservationId, messageId: message.messageId, reason });
  }

  private async debit(event: RecordedEvent, message: KnownMessage, state: LiveMessage, amount: MoneyString) {
    const { reservationId } = state.order;
    const wallet = walletOf(state);
    const of = { reservationId, messageId: message.messageId, amount: parseMoney(amount) };
    const context = (name: string): CommandContext =>
      this.commands.context(message, causeOf(event), name, SETTLE_WITHIN_MS);
    try {
      await this.wallets.debit(wallet, context('debit'), of);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'conflict') throw error;
      // A price lowered for an earlier attempt can land late, when a store that was away comes back: behind the raise for
      // the tier that took it, which found nothing to raise yet.
      await this.wallets.reprice(wallet, context('cover'), of);
      await this.wallets.debit(wallet, context('debit'), of);
    }
  }

  private async load(event: RecordedEvent): Promise<[KnownMessage, LiveMessage] | [KnownMessage | null, null]> {
    const message = await this.memory.after(event);
    return message !== null && isLive(message.state) ? [message, message.state] : [message, null];
  }
}

const causeOf = (event: RecordedEvent): Cause => ({ id: event.id, actor: ACTOR });
const walletOf = ({ order }: LiveMessage) => ({ customerId: order.customerId, mode: order.mode });
