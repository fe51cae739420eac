import { Inject, Injectable } from '@nestjs/common';
import { openTiers, reservationFor, withinMaxCost } from '../../domain/message/candidates';
import type { LiveMessage } from '../../domain/message/state';
import type { Tier } from '../../domain/routing/tiers';
import { DomainError } from '../../domain/shared/domain-error';
import { addMoney, parseMoney } from '../../domain/shared/money';
import { WALLETS, type WalletRef, type Wallets } from '../ports/wallets';
import { MessageCommands, type Cause } from './message-commands';
import type { KnownMessage } from './message-memory';

/** `ended`: the reservation is not open any more, so the message has ended meanwhile. */
export type Affordable = 'yes' | 'no' | 'ended';

const walletOf = ({ order }: LiveMessage): WalletRef => ({ customerId: order.customerId, mode: order.mode });

/** What a tier costs against what is reserved, and the difference reserved or given back. */
@Injectable()
export class Affordability {
  constructor(
    @Inject(WALLETS) private readonly wallets: Wallets,
    private readonly commands: MessageCommands,
  ) {}

  /** Reserves the difference to a dearer tier before anybody claims it. */
  async raise(message: KnownMessage, state: LiveMessage, tier: Tier, cause: Cause): Promise<Affordable> {
    if (!withinMaxCost(state, tier)) return 'no';
    const amount = reservationFor(state, tier);
    if (amount <= parseMoney(state.reserved)) return 'yes';
    const { reservationId, messageId } = state.order;
    const context = this.commands.context(message, cause, `raise:${state.attempts.length + 1}:${tier}`);
    try {
      const open = await this.wallets.reprice(walletOf(state), context, { reservationId, messageId, amount });
      return open ? 'yes' : 'ended';
    } catch (error) {
      if (error instanceof DomainError && error.code === 'insufficient_funds') return 'no';
      throw error;
    }
  }

  /** Gives the difference to a cheaper tier back, once its claim is won: until then the dearer one may still be needed. */
  async lower(message: KnownMessage, before: LiveMessage, after: LiveMessage, cause: Cause): Promise<void> {
    const amount = parseMoney(after.reserved);
    if (amount >= parseMoney(before.reserved)) return;
    const { reservationId, messageId } = after.order;
    const context = this.commands.context(message, cause, `lower:${after.attempts.length}`);
    await this.wallets.reprice(walletOf(after), context, { reservationId, messageId, amount });
  }

  /** True where nothing but money keeps the message from every tier that is left. */
  async onlyMoneyIsMissing(state: LiveMessage): Promise<boolean> {
    const tiers = openTiers(state);
    if (tiers.length === 0) return false;
    const reserved = parseMoney(state.reserved);
    const dearer = tiers.filter((tier) => withinMaxCost(state, tier));
    if (dearer.some((tier) => reservationFor(state, tier) <= reserved)) return false;
    if (dearer.length === 0) return true;
    const { available } = await this.wallets.balance(walletOf(state));
    const most = addMoney(available, reserved);
    return dearer.every((tier) => reservationFor(state, tier) > most);
  }
}
