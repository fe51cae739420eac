import { Inject, Injectable } from '@nestjs/common';
import { openTiers } from '../../domain/message/candidates';
import type { LiveMessage } from '../../domain/message/state';
import { isLive } from '../../domain/message/state';
import type { Tier } from '../../domain/routing/tiers';
import { DomainError } from '../../domain/shared/domain-error';
import { CLOCK, type Clock } from '../ports/clock';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import { PROVIDER_HEALTH, type ProviderHealth } from '../ports/provider-health';
import { SMS_GATEWAYS, type SmsGateway, type SmsGateways } from '../ports/sms-gateway';
import { SUBJECT_VAULT, type SubjectVault } from '../ports/subject-vault';
import { Bulkheads, type Slot } from '../routing/bulkhead';
import { Affordability } from './affordability';
import { CallsUnderWay } from './calls-under-way';
import { MessageCommands, type Cause } from './message-commands';
import type { KnownMessage } from './message-memory';
import { ProviderCall, type WonClaim } from './provider-call';

/** `called`: the outcome is in the log. `lost`: the message has gone on without us. `none`: no tier takes it now. */
export type ClaimResult = { readonly kind: 'called' | 'lost' | 'none' };

/** Less than the time within which a claim's call must open. Milliseconds. */
const CLAIM_WITHIN_MS = 4_000;
/** Half of what this process does at once may wait for one provider. */
const BULKHEAD_SHARE = 0.5;
const BULKHEAD_PATIENCE_MS = 1_000;

interface Clear {
  readonly to: string;
  readonly body: string;
}

/** Picks the tier, makes sure of the money, claims the message, and lets the call be made. */
@Injectable()
export class ClaimMaker {
  private readonly bulkheads: Bulkheads;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) configuration: Configuration,
    @Inject(PROVIDER_HEALTH) private readonly health: ProviderHealth,
    @Inject(SMS_GATEWAYS) private readonly gateways: SmsGateways,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    private readonly affordability: Affordability,
    private readonly commands: MessageCommands,
    private readonly underWay: CallsUnderWay,
    private readonly call: ProviderCall,
  ) {
    const slots = Math.max(1, Math.floor(configuration.dispatchConcurrency * BULKHEAD_SHARE));
    this.bulkheads = new Bulkheads(slots, BULKHEAD_PATIENCE_MS, () => clock.monotonicMs());
  }

  /** Tiers whose provider takes nothing now, as far as can be told without the number. */
  shutTiers({ order }: LiveMessage): Tier[] {
    const request = { sender: order.sender, destination: '', failedOver: false, take: false };
    return order.candidates.filter((tier) => !this.health.permits(order.mode, tier, request));
  }

  async claim(tiers: readonly Tier[], message: KnownMessage, state: LiveMessage, cause: Cause): Promise<ClaimResult> {
    const { order } = state;
    // Before the claim, so that a vault that is away leaves no claim behind.
    const [to = '', body = ''] = await this.vault.open([order.to, order.body]);
    const { messageId, sender } = order;
    for (const tier of this.health.order(order.mode, tiers, { messageId, sender, destination: to })) {
      const gateway = this.gateways.forTier(order.mode, tier);
      if (gateway === null) continue;
      const result = await this.claimAt(gateway, message, state, { to, body }, cause);
      if (result.kind !== 'none') return result;
    }
    return { kind: 'none' };
  }

  private async claimAt(
    gateway: SmsGateway,
    message: KnownMessage,
    state: LiveMessage,
    clear: Clear,
    cause: Cause,
  ): Promise<ClaimResult> {
    const { order } = state;
    const { tier } = gateway;
    const failedOver = this.hasFailedOver(state, tier, clear.to);
    const request = { sender: order.sender, destination: clear.to, failedOver, take: false };
    if (!this.health.permits(order.mode, tier, request)) return { kind: 'none' };
    const slot = await this.bulkheads.acquire(gateway.name);
    if (slot === null) return { kind: 'none' };
    if (!this.health.permits(order.mode, tier, { ...request, take: true })) {
      slot.release();
      return { kind: 'none' };
    }
    let made = false;
    try {
      const affordable = await this.affordability.raise(message, state, tier, cause);
      if (affordable !== 'yes') return { kind: affordable === 'no' ? 'none' : 'lost' };
      const claim = await this.append(gateway, message, clear, slot, cause);
      if (claim === null) return { kind: 'lost' };
      made = true;
      await this.callWith(claim, state, cause);
      return { kind: 'called' };
    } finally {
      slot.release();
      if (!made) this.health.giveBack(order.mode, tier, clear.to);
    }
  }

  /**
   * It has been elsewhere before, and can go elsewhere now: such a message is no trial of a half-open circuit. One that
   * nobody else takes has nothing to lose, and where all wait it may be the only trial there is.
   */
  private hasFailedOver(state: LiveMessage, tier: Tier, destination: string): boolean {
    const { mode, sender } = state.order;
    if (state.attempts.every((attempt) => attempt.tier === tier)) return false;
    const request = { sender, destination, failedOver: true, take: false };
    return openTiers(state).some((other) => other !== tier && this.health.permits(mode, other, request));
  }

  /** The claim's ids are made for this one append. Null: somebody else was first. */
  private async append(
    gateway: SmsGateway,
    message: KnownMessage,
    clear: Clear,
    slot: Slot,
    cause: Cause,
  ): Promise<WonClaim | null> {
    const { tier, name: provider, deadlineMs } = gateway;
    const claimedAtMs = this.clock.monotonicMs();
    const data = { tier, provider, deadlineMs, startedAt: this.clock.iso() };
    const context = this.commands.randomContext(message, cause, CLAIM_WITHIN_MS);
    try {
      // A claim that may have been written must be known to the end: left alone, it would look like a call.
      const command = { type: 'StartDispatch', data } as const;
      const carried = await this.commands.runForSure(message, command, context, { onlyUnknown: true });
      const { state } = carried.message;
      const attempt = isLive(state) ? state.attempts.at(-1) : undefined;
      if (carried.events.length === 0 || !isLive(state) || attempt === undefined) return null;
      const claim = { message: carried.message, order: state.order, attempt, gateway, ...clear };
      return { ...claim, claimedAtMs, slot };
    } catch (error) {
      // What has changed since makes this tier impossible: the message is looked at anew.
      if (error instanceof DomainError && error.code === 'conflict') return null;
      throw error;
    }
  }

  private async callWith(claim: WonClaim, before: LiveMessage, cause: Cause): Promise<void> {
    const { order, gateway, message } = claim;
    const end = this.underWay.begin({
      messageId: order.messageId,
      provider: gateway.name,
      subjectId: order.subjectId,
    });
    try {
      const lowered = isLive(message.state)
        ? this.affordability.lower(message, before, message.state, cause)
        : Promise.resolve();
      const attempted = lowered.catch(() => undefined);
      const [called, repriced] = await Promise.allSettled([this.call.make(claim, cause, attempted), lowered]);
      if (called.status === 'rejected') throw called.reason;
      // The debit gives back what is left over, so a price that was not lowered in time costs nobody anything.
      if (repriced.status === 'rejected' && !(repriced.reason instanceof DomainError)) throw repriced.reason;
    } finally {
      end();
    }
  }
}
