import type { Clock } from '../ports/clock';
import type { Logger } from '../ports/logger';
import type { CircuitChange, ProviderHealth } from '../ports/provider-health';
import type { SmsGateway, SmsGateways, SubmissionOutcome } from '../ports/sms-gateway';
import {
  afterAttempt,
  atTime,
  closedCircuit,
  giveBackTrial,
  permits,
  takeTrial,
  type Circuit,
  type Sign,
} from '../../domain/routing/circuit';
import type { Mode } from '../../domain/shared/event';
import type { Tier } from '../../domain/routing/tiers';
import { ShutList } from './shut-list';

/** A trial whose outcome was never recorded (its process stopped mid-way) frees its slot this long after the deadline. */
const TRIAL_LOST_AFTER_MS = 10_000;

interface Entry {
  readonly gateway: SmsGateway;
  readonly shut: ShutList;
  circuit: Circuit;
}

/** Where the transitions are written down for everybody to see. */
export interface CircuitJournal {
  opened(gateway: SmsGateway, failuresInRow: number, lastCode: string, coolsDownForMs: number): void;
  closed(gateway: SmsGateway): void;
}

/**
 * The health of providers as this process sees it: circuits, and senders and prefixes shut by F! codes. In memory, since
 * a new process learns within five calls what it needs to know.
 */
export class CircuitHealth implements ProviderHealth {
  private readonly entries = new Map<string, Entry>();
  private readonly listeners = new Set<(change: CircuitChange) => void>();
  private readonly alarms = new Set<NodeJS.Timeout>();

  constructor(
    private readonly gateways: SmsGateways,
    private readonly clock: Clock,
    private readonly journal: CircuitJournal,
    private readonly logger: Logger,
  ) {}

  permits(
    mode: Mode,
    tier: Tier,
    request: { sender: string; destination: string; failedOver: boolean; take: boolean },
  ): boolean {
    const entry = this.entryAt(mode, tier);
    if (entry === null) return false;
    const nowMs = this.clock.monotonicMs();
    entry.circuit = atTime(entry.circuit, nowMs);
    if (entry.shut.holds(request.sender, request.destination, nowMs)) return false;
    if (!permits(entry.circuit, nowMs, request.failedOver)) return false;
    if (request.take) {
      entry.circuit = takeTrial(entry.circuit, nowMs + entry.gateway.deadlineMs + TRIAL_LOST_AFTER_MS);
    }
    return true;
  }

  /** Tiers that take something now come first, then those on trial, then the shut ones; otherwise as given. */
  order(mode: Mode, candidates: readonly Tier[], request: { sender: string; destination: string }): Tier[] {
    const rank = (tier: Tier): number => {
      const entry = this.entryAt(mode, tier);
      if (entry === null) return 3;
      const nowMs = this.clock.monotonicMs();
      if (entry.shut.holds(request.sender, request.destination, nowMs)) return 2;
      // A half-open circuit wants its trial message, and loses it to the next tier only while another is out.
      return permits(atTime(entry.circuit, nowMs), nowMs, false) ? 0 : 2;
    };
    return candidates
      .map((tier, index) => ({ tier, index, rank: rank(tier) }))
      .sort((a, b) => a.rank - b.rank || a.index - b.index)
      .map(({ tier }) => tier);
  }

  record(
    provider: string,
    outcome: SubmissionOutcome,
    context: { customerId: string; sender: string; destination: string },
  ): void {
    const gateway = this.gateways.byName(provider);
    if (gateway === null) return;
    const entry = this.entryOf(gateway);
    const nowMs = this.clock.monotonicMs();
    if (outcome.kind === 'refused' && outcome.class === 'F!') this.alert(entry, outcome, context, nowMs);
    const code = outcome.kind === 'accepted' ? '' : outcome.code;
    const sign = signOf(outcome);
    this.change(entry, afterAttempt(entry.circuit, { sign, customerId: context.customerId, code, nowMs }), nowMs);
  }

  giveBack(mode: Mode, tier: Tier): void {
    const entry = this.entryAt(mode, tier);
    if (entry !== null) entry.circuit = giveBackTrial(entry.circuit);
  }

  onChange(listener: (change: CircuitChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  stop(): void {
    for (const alarm of this.alarms) clearTimeout(alarm);
    this.listeners.clear();
  }

  private change(entry: Entry, next: Circuit, nowMs: number): void {
    const before = entry.circuit.phase;
    entry.circuit = next;
    if (next.phase === before) return;
    if (next.phase === 'open') {
      const coolsDownForMs = next.untilMs - nowMs;
      if (before === 'closed') {
        this.journal.opened(entry.gateway, next.failuresInRow, next.lastCode, coolsDownForMs);
      }
      this.halfOpenAfter(entry, coolsDownForMs);
    }
    if (next.phase === 'closed') this.journal.closed(entry.gateway);
    this.tell(entry, next.phase);
  }

  private halfOpenAfter(entry: Entry, ms: number): void {
    const alarm = setTimeout(() => {
      this.alarms.delete(alarm);
      entry.circuit = atTime(entry.circuit, this.clock.monotonicMs());
      if (entry.circuit.phase === 'half_open') this.tell(entry, 'half_open');
    }, ms + 1);
    this.alarms.add(alarm);
  }

  private tell({ gateway }: Entry, to: CircuitChange['to']): void {
    for (const listener of this.listeners) listener({ provider: gateway.name, tier: gateway.tier, to });
  }

  private alert(
    { gateway, shut }: Entry,
    outcome: Extract<SubmissionOutcome, { kind: 'refused' }>,
    context: { sender: string; destination: string },
    nowMs: number,
  ): void {
    if (outcome.scope === 'sender') shut.shutSender(context.sender, nowMs);
    if (outcome.scope === 'destination' && !shut.refuseDestination(context.destination, nowMs)) return;
    const { code, reason, scope } = outcome;
    this.logger.error(
      { provider: gateway.name, tier: gateway.tier, scope, code, reason },
      'a provider needs attention',
    );
  }

  private entryAt(mode: Mode, tier: Tier): Entry | null {
    const gateway = this.gateways.forTier(mode, tier);
    return gateway === null ? null : this.entryOf(gateway);
  }

  private entryOf(gateway: SmsGateway): Entry {
    const known = this.entries.get(gateway.name);
    if (known !== undefined) return known;
    const entry: Entry = { gateway, shut: new ShutList(), circuit: closedCircuit };
    this.entries.set(gateway.name, entry);
    return entry;
  }
}

/** What an attempt says about the provider itself, not about the message. */
function signOf(outcome: SubmissionOutcome): Sign {
  if (outcome.kind === 'accepted') return 'alive';
  // An answer that leaves the message's fate open still came from a living provider; silence did not.
  if (outcome.kind === 'unknown') return /^(no_answer|connection_lost)/.test(outcome.code) ? 'outage' : 'neutral';
  if (outcome.class === 'F!') return outcome.scope === 'account' ? 'account' : 'alive';
  if (outcome.code === 'http_429') return 'neutral';
  if (outcome.class === 'R' || !outcome.byProvider) {
    return outcome.code === 'http_400' || outcome.code === 'http_413' ? 'alive' : 'outage';
  }
  return 'alive';
}
