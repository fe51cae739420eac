import type { Clock } from '../ports/clock';
import type { HealthSamples } from '../ports/health-samples';
import type { Logger } from '../ports/logger';
import type {
  AttemptContext,
  CircuitChange,
  Considered,
  ProviderHealth,
  ReportedAttempt,
} from '../ports/provider-health';
import type { SmsGateways, SubmissionOutcome } from '../ports/sms-gateway';
import { networkOf } from '../../domain/message/network';
import { afterAttempt, giveBackTrial, permits, takeTrial, ticketOf, type Sign } from '../../domain/routing/circuit';
import { ABSENT, inOrder, SHUT, standingOf, type TierStanding } from '../../domain/routing/pick';
import type { Mode } from '../../domain/shared/event';
import type { ShutScope, Tier } from '../../domain/routing/tiers';
import type { Circuits, Entry, Gate } from './circuits';
import { callCounts, minuteOf, reportCounts, signOf } from './sampling';

/** A trial whose outcome was never recorded (its process stopped mid-way) frees its slot this long after the deadline. */
const TRIAL_LOST_AFTER_MS = 10_000;
/** Where only a report proves a provider: so long after the call's deadline a trial without one counts as lost. */
const REPORT_LOST_AFTER_MS = 60_000;

/** What routing asks and tells of the providers, in memory of this process. */
export class CircuitHealth implements ProviderHealth {
  constructor(
    private readonly circuits: Circuits,
    private readonly gateways: SmsGateways,
    private readonly samples: Pick<HealthSamples, 'add'>,
    private readonly clock: Clock,
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
    const gates = this.gatesAt(entry, request.destination, nowMs);
    if (entry.shut.holds(request.sender, request.destination, nowMs)) return false;
    if (!gates.every(({ circuit }) => permits(circuit, nowMs, request.failedOver))) return false;
    if (request.take) {
      for (const gate of gates) {
        const waitMs = gate.circuit.provenBy === 'report' ? REPORT_LOST_AFTER_MS : TRIAL_LOST_AFTER_MS;
        gate.circuit = takeTrial(gate.circuit, nowMs + entry.gateway.deadlineMs + waitMs);
      }
    }
    return true;
  }

  consider(
    mode: Mode,
    candidates: readonly Tier[],
    request: { messageId: string; sender: string; destination: string },
  ): Considered {
    const standings: { [tier in Tier]?: TierStanding } = {};
    for (const tier of candidates) standings[tier] = this.standingAt(mode, tier, request);
    return { order: inOrder(candidates, standings, ticketOf(request.messageId)), standings };
  }

  order(...asked: Parameters<ProviderHealth['order']>): Tier[] {
    return this.consider(...asked).order;
  }

  record(provider: string, outcome: SubmissionOutcome, context: AttemptContext): void {
    const entry = this.entryNamed(provider);
    if (entry === null) return;
    const { customerId, submittedAtMs } = context;
    const network = networkOf(context.destination);
    const counts = callCounts(outcome, context);
    if (counts !== null) this.samples.add({ provider, customerId, network, minute: minuteOf(submittedAtMs), counts });
    if (outcome.kind === 'refused' && outcome.class === 'F!') this.alert(entry, outcome, context);
    const code = outcome.kind === 'accepted' ? '' : outcome.code;
    this.learn(entry, network, { sign: signOf(outcome), customerId, code });
  }

  reported(provider: string, report: ReportedAttempt): void {
    const entry = this.entryNamed(provider);
    if (entry === null) return;
    const { customerId, network, outcome, submittedAtMs } = report;
    const counts = reportCounts(report);
    if (counts !== null) this.samples.add({ provider, customerId, network, minute: minuteOf(submittedAtMs), counts });
    const sign = outcome === 'excused' ? 'neutral' : outcome;
    this.learn(entry, network, { sign, customerId, code: outcome });
  }

  shut(
    provider: string,
    refusal: { scope: ShutScope; code: string; reason: string },
    context: { customerId: string; sender: string; destination: string },
  ): void {
    const entry = this.entryNamed(provider);
    if (entry === null) return;
    this.alert(entry, refusal, context);
    if (refusal.scope !== 'account') return;
    this.learn(entry, null, { sign: 'account', customerId: context.customerId, code: refusal.code });
  }

  giveBack(mode: Mode, tier: Tier, destination: string): void {
    const entry = this.entryAt(mode, tier);
    if (entry === null) return;
    const gates = this.gatesAt(entry, destination, this.clock.monotonicMs());
    for (const gate of gates) gate.circuit = giveBackTrial(gate.circuit);
  }

  onChange(listener: (change: CircuitChange) => void): () => void {
    return this.circuits.onChange(listener);
  }

  private standingAt(mode: Mode, tier: Tier, request: { sender: string; destination: string }): TierStanding {
    const entry = this.entryAt(mode, tier);
    if (entry === null) return ABSENT;
    const nowMs = this.clock.monotonicMs();
    if (entry.shut.holds(request.sender, request.destination, nowMs)) return SHUT;
    const gates = this.gatesAt(entry, request.destination, nowMs);
    return standingOf(
      gates.map(({ circuit }) => circuit),
      nowMs,
    );
  }

  /** What a message to this network has to pass there: the provider's circuit and, where it has one by itself, the network's. */
  private gatesAt(entry: Entry, destination: string, nowMs: number): readonly Gate[] {
    this.circuits.at(entry, nowMs);
    // Mostly no network has one: then nobody asks for the number's.
    const own = entry.networks.size === 0 ? undefined : this.ownGate(entry, networkOf(destination));
    if (own === undefined) return [entry];
    this.circuits.at(own, nowMs);
    return [entry, own];
  }

  private ownGate(entry: Entry, network: string | null): Gate | undefined {
    return network === null ? undefined : entry.networks.get(network);
  }

  /** A network's own circuit learns only while it is away or returning: no failures open it but a score that fell. */
  private learn(
    entry: Entry,
    network: string | null,
    seen: { readonly sign: Sign; readonly customerId: string; readonly code: string },
  ): void {
    const nowMs = this.clock.monotonicMs();
    const own = this.ownGate(entry, network);
    this.circuits.change(entry, afterAttempt(entry.circuit, { ...seen, nowMs }), nowMs);
    if (own === undefined) return;
    // What the account has run into is the whole provider's.
    const sign = seen.sign === 'account' ? 'neutral' : seen.sign;
    this.circuits.change(own, afterAttempt(own.circuit, { ...seen, sign, nowMs }), nowMs);
  }

  private alert(
    { gateway, shut }: Entry,
    { scope, code, reason }: { scope: ShutScope | null; code: string; reason: string },
    context: { sender: string; destination: string },
  ): void {
    const nowMs = this.clock.monotonicMs();
    if (scope === 'sender') shut.shutSender(context.sender, nowMs);
    if (scope === 'destination' && !shut.refuseDestination(context.destination, nowMs)) return;
    const { name: provider, tier } = gateway;
    this.logger.error({ provider, tier, scope, code, reason }, 'a provider needs attention');
  }

  private entryAt(mode: Mode, tier: Tier): Entry | null {
    const gateway = this.gateways.forTier(mode, tier);
    return gateway === null ? null : this.circuits.of(gateway);
  }

  private entryNamed(provider: string): Entry | null {
    const gateway = this.gateways.byName(provider);
    return gateway === null ? null : this.circuits.of(gateway);
  }
}
