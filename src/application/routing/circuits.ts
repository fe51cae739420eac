import type { Clock } from '../ports/clock';
import type { CircuitChange } from '../ports/provider-health';
import type { SmsGateway } from '../ports/sms-gateway';
import { atTime, closedCircuit, shutByScore, type Circuit } from '../../domain/routing/circuit';
import type { ProviderState } from '../../domain/routing/decider';
import { ShutList } from './shut-list';

export interface Entry {
  readonly gateway: SmsGateway;
  readonly shut: ShutList;
  circuit: Circuit;
}

/** Where the transitions are written down for everybody to see. */
export interface CircuitJournal {
  opened(gateway: SmsGateway, failuresInRow: number, lastCode: string, coolsDownForMs: number): void;
  /** A step of the way back; at 100 percent the circuit is closed. */
  recovered(gateway: SmsGateway, sharePercent: number): void;
}

/**
 * The circuits of this process, by provider. A process learns of an outage by its own failures or, a little later, by what
 * another one wrote down (`adopt`).
 */
export class Circuits {
  private readonly entries = new Map<string, Entry>();
  private readonly listeners = new Set<(change: CircuitChange) => void>();
  private readonly alarms = new Set<NodeJS.Timeout>();

  constructor(
    private readonly clock: Clock,
    private readonly journal: CircuitJournal,
  ) {}

  of(gateway: SmsGateway): Entry {
    const known = this.entries.get(gateway.name);
    if (known !== undefined) return known;
    const entry: Entry = { gateway, shut: new ShutList(), circuit: closedCircuit };
    this.entries.set(gateway.name, entry);
    return entry;
  }

  /** As it is by now. */
  at(entry: Entry, nowMs: number): Circuit {
    this.change(entry, atTime(entry.circuit, nowMs), nowMs);
    return entry.circuit;
  }

  /** Takes the new state, writes down what everybody should know, and tells those who wait. */
  change(entry: Entry, next: Circuit, nowMs: number): void {
    const before = entry.circuit;
    entry.circuit = next;
    const { gateway } = entry;
    if (next.phase === before.phase && next.sharePercent === before.sharePercent) {
      const isFreed = next.phase === 'half_open' && before.untilMs > nowMs && next.untilMs <= nowMs;
      if (isFreed) this.tell(entry);
      return;
    }
    if (next.phase === 'open') {
      const coolsDownForMs = next.untilMs - nowMs;
      const wasServing = before.phase === 'closed' || before.phase === 'returning';
      if (wasServing) this.journal.opened(gateway, next.failuresInRow, next.lastCode, coolsDownForMs);
      this.halfOpenAfter(entry, coolsDownForMs);
    } else if (next.phase !== 'half_open') {
      this.journal.recovered(gateway, next.sharePercent);
    }
    this.tell(entry);
  }

  /** Shuts it for a score that fell; whoever calls has written it down. */
  shut(entry: Entry, provenBy: Circuit['provenBy'], cooldownMs: number): void {
    const nowMs = this.clock.monotonicMs();
    const next = shutByScore(entry.circuit, provenBy, nowMs, cooldownMs);
    if (next === entry.circuit) return;
    entry.circuit = next;
    this.halfOpenAfter(entry, next.untilMs - nowMs);
    this.tell(entry);
  }

  /** What the provider's stream says, seen by another process before this one: what is worse, or further on the way back. */
  adopt(gateway: SmsGateway, standing: ProviderState): void {
    const entry = this.of(gateway);
    const { circuit } = entry;
    const nowMs = this.clock.monotonicMs();
    if (standing.status === 'degraded') {
      const leftMs = Date.parse(standing.until) - this.clock.now();
      const isServing = circuit.phase === 'closed' || circuit.phase === 'returning';
      if (!isServing || leftMs <= 0) return;
      const { provenBy } = standing;
      entry.circuit = { ...circuit, provenBy, phase: 'open', sharePercent: 0, untilMs: nowMs + leftMs };
      this.halfOpenAfter(entry, leftMs);
      return this.tell(entry);
    }
    const sharePercent = standing.status === 'healthy' ? 100 : standing.sharePercent;
    if (circuit.phase === 'closed' || sharePercent <= circuit.sharePercent) return;
    const step = { sinceMs: nowMs, successes: 0, failures: 0 };
    entry.circuit =
      sharePercent >= 100
        ? { ...closedCircuit, seen: circuit.seen }
        : { ...circuit, phase: 'returning', sharePercent, untilMs: 0, failuresInRow: 0, failedFor: [], step };
    this.tell(entry);
  }

  onChange(listener: (change: CircuitChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  stop(): void {
    for (const alarm of this.alarms) clearTimeout(alarm);
    this.listeners.clear();
  }

  private halfOpenAfter(entry: Entry, ms: number): void {
    const alarm = setTimeout(() => {
      this.alarms.delete(alarm);
      this.at(entry, this.clock.monotonicMs());
    }, ms + 1);
    this.alarms.add(alarm);
  }

  private tell({ gateway, circuit }: Entry): void {
    for (const listener of this.listeners) {
      listener({ provider: gateway.name, tier: gateway.tier, to: circuit.phase });
    }
  }
}
