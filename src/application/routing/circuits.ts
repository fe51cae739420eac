import type { Clock } from '../ports/clock';
import type { CircuitChange } from '../ports/provider-health';
import type { SmsGateway } from '../ports/sms-gateway';
import { atTime, closedCircuit, shutByScore, type Circuit } from '../../domain/routing/circuit';
import type { Health } from '../../domain/routing/decider';
import { ShutList } from './shut-list';

/** What lets traffic through to a provider: all of it (`network` is null), or that of one network. */
export interface Gate {
  readonly gateway: SmsGateway;
  readonly network: string | null;
  circuit: Circuit;
}

export interface Entry extends Gate {
  readonly network: null;
  readonly shut: ShutList;
  /** Of networks that were moved by themselves and are not back yet. */
  readonly networks: Map<string, Gate>;
}

/** Where the transitions are written down for everybody to see. */
export interface CircuitJournal {
  opened(gate: Gate, last: { readonly failuresInRow: number; readonly lastCode: string }, coolsDownForMs: number): void;
  /** A step of the way back; at 100 percent the circuit is closed. */
  recovered(gate: Gate, sharePercent: number): void;
}

/**
 * The circuits of this process, by provider. A process learns of an outage by its own failures or, a little later, by what
 * another one wrote down (`adopt`). A network's circuit is there only from a fallen score until it is back.
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
    const entry: Entry = {
      gateway,
      network: null,
      shut: new ShutList(),
      networks: new Map(),
      circuit: closedCircuit,
    };
    this.entries.set(gateway.name, entry);
    return entry;
  }

  /** Of a provider as a whole, or of one network there by itself. */
  isOpen(gateway: SmsGateway, network: string | null): boolean {
    const entry = this.of(gateway);
    const gate = network === null ? entry : entry.networks.get(network);
    return gate?.circuit.phase === 'open';
  }

  /** As it is by now. */
  at(gate: Gate, nowMs: number): Circuit {
    this.change(gate, atTime(gate.circuit, nowMs), nowMs);
    return gate.circuit;
  }

  /** Takes the new state, writes down what everybody should know, and tells those who wait. */
  change(gate: Gate, next: Circuit, nowMs: number): void {
    const before = gate.circuit;
    gate.circuit = next;
    if (next.phase === before.phase && next.sharePercent === before.sharePercent) {
      const isFreed = next.phase === 'half_open' && before.untilMs > nowMs && next.untilMs <= nowMs;
      if (isFreed) this.tell(gate);
      return;
    }
    if (next.phase === 'open') {
      const coolsDownForMs = next.untilMs - nowMs;
      const wasServing = before.phase === 'closed' || before.phase === 'returning';
      if (wasServing) this.journal.opened(gate, next, coolsDownForMs);
      this.halfOpenAfter(gate, coolsDownForMs);
    } else if (next.phase !== 'half_open') {
      this.journal.recovered(gate, next.sharePercent);
    }
    this.tell(gate);
    this.forgetClosed(gate);
  }

  /** Shuts it for a score that fell; whoever calls has written it down. */
  shut(gateway: SmsGateway, network: string | null, provenBy: Circuit['provenBy'], cooldownMs: number): void {
    const gate = this.gateFor(gateway, network);
    const nowMs = this.clock.monotonicMs();
    const next = shutByScore(gate.circuit, provenBy, nowMs, cooldownMs);
    if (next === gate.circuit) return;
    gate.circuit = next;
    this.halfOpenAfter(gate, next.untilMs - nowMs);
    this.tell(gate);
  }

  /** What the provider's stream says, seen by another process before this one: what is worse, or further on the way back. */
  adopt(gateway: SmsGateway, network: string | null, standing: Health): void {
    const gate = this.gateFor(gateway, network);
    this.adoptAt(gate, standing);
    this.forgetClosed(gate);
  }

  onChange(listener: (change: CircuitChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  stop(): void {
    for (const alarm of this.alarms) clearTimeout(alarm);
    this.listeners.clear();
  }

  private adoptAt(gate: Gate, standing: Health): void {
    const { circuit } = gate;
    const nowMs = this.clock.monotonicMs();
    if (standing.status === 'degraded') {
      const leftMs = Date.parse(standing.until) - this.clock.now();
      const isServing = circuit.phase === 'closed' || circuit.phase === 'returning';
      if (!isServing || leftMs <= 0) return;
      const { provenBy } = standing;
      gate.circuit = { ...circuit, provenBy, phase: 'open', sharePercent: 0, untilMs: nowMs + leftMs };
      this.halfOpenAfter(gate, leftMs);
      return this.tell(gate);
    }
    const sharePercent = standing.status === 'healthy' ? 100 : standing.sharePercent;
    if (circuit.phase === 'closed' || sharePercent <= circuit.sharePercent) return;
    const step = { sinceMs: nowMs, successes: 0, failures: 0 };
    gate.circuit =
      sharePercent >= 100
        ? { ...closedCircuit, seen: circuit.seen }
        : { ...circuit, phase: 'returning', sharePercent, untilMs: 0, failuresInRow: 0, failedFor: [], step };
    this.tell(gate);
  }

  private gateFor(gateway: SmsGateway, network: string | null): Gate {
    const entry = this.of(gateway);
    if (network === null) return entry;
    const known = entry.networks.get(network);
    if (known !== undefined) return known;
    const gate: Gate = { gateway, network, circuit: closedCircuit };
    entry.networks.set(network, gate);
    return gate;
  }

  /** A network that is back stands as its provider does. */
  private forgetClosed({ gateway, network, circuit }: Gate): void {
    if (network !== null && circuit.phase === 'closed') this.of(gateway).networks.delete(network);
  }

  private halfOpenAfter(gate: Gate, ms: number): void {
    const alarm = setTimeout(() => {
      this.alarms.delete(alarm);
      this.at(gate, this.clock.monotonicMs());
    }, ms + 1);
    this.alarms.add(alarm);
  }

  private tell({ gateway, circuit }: Gate): void {
    for (const listener of this.listeners) {
      listener({ provider: gateway.name, tier: gateway.tier, to: circuit.phase });
    }
  }
}
