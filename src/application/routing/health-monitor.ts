import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../ports/clock';
import type { HealthSamples } from '../ports/health-samples';
import type { Leadership, Candidacy } from '../ports/leadership';
import type { Logger } from '../ports/logger';
import type { SmsGateway, SmsGateways } from '../ports/sms-gateway';
import { provenBy } from '../../domain/routing/decider';
import { decideMove, type MoveInputs, type Standing, type Thresholds } from '../../domain/routing/move';
import { reportsStoppedEverywhere, scoreOf, type Baseline, type Score } from '../../domain/routing/score';
import { WINDOW_MINUTES, windowOf, type ProviderWindow } from '../../domain/routing/window';
import { TIERS } from '../../domain/routing/tiers';
import type { Mode } from '../../domain/shared/event';
import type { Circuits } from './circuits';
import type { ProviderFollower } from './provider-follower';
import type { ProviderJournal } from './provider-journal';
import { minuteOf } from './sampling';

const EVERY_MS = 5_000;

interface Measured {
  readonly gateway: SmsGateway;
  readonly window: ProviderWindow;
  readonly baseline: Baseline;
}

export interface HealthMonitorParts {
  readonly samples: HealthSamples;
  readonly gateways: SmsGateways;
  readonly circuits: Circuits;
  readonly follower: ProviderFollower;
  readonly journal: ProviderJournal;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observe: (provider: string, score: Score) => void;
}

/**
 * In one process at a time: every few seconds scores each provider from everybody's counts, and writes down where traffic has to
 * leave one. All processes act on what stands in its stream.
 */
export class HealthMonitor {
  private candidacy: Candidacy | null = null;
  private wasSilent = false;

  constructor(
    private readonly parts: HealthMonitorParts,
    private readonly thresholds: Thresholds,
  ) {}

  start(): void {
    this.candidacy = this.parts.leadership.stand('routing-health', (term) => this.lead(term));
  }

  async stop(): Promise<void> {
    await this.candidacy?.stop();
  }

  private async lead(term: AbortSignal): Promise<void> {
    let isLost = false;
    while (!term.aborted) {
      await delay(EVERY_MS, undefined, { signal: term }).catch(() => undefined);
      if (term.aborted) return;
      try {
        await this.look();
        isLost = false;
      } catch (error) {
        if (!isLost)
          this.parts.logger.warn({ err: error }, 'providers cannot be scored right now: they stay as they are');
        isLost = true;
      }
    }
  }

  /** Scores every provider once, and moves what has to be moved. */
  async look(): Promise<void> {
    const nowMs = this.parts.clock.now();
    if (!(await this.parts.samples.anySince(minuteOf(nowMs) - WINDOW_MINUTES))) return;
    await Promise.all((['live', 'test'] as const).map((mode) => this.lookAt(mode, nowMs)));
  }

  private async lookAt(mode: Mode, nowMs: number): Promise<void> {
    const { gateways } = this.parts;
    const found = TIERS.map((tier) => gateways.forTier(mode, tier)).filter((one) => one !== null);
    // The demo's accounts serve both modes: they are scored once.
    if (mode === 'test' && found.every((one) => gateways.forTier('live', one.tier) === one)) return;
    const measured = await Promise.all(found.map((gateway) => this.measure(gateway, nowMs)));
    const silent = reportsStoppedEverywhere(measured.map(({ window }) => window));
    this.alertSilence(silent);
    const standings = measured.map((one) => this.standing(one, silent, nowMs));
    for (const [i, subject] of standings.entries()) {
      const gateway = measured[i]?.gateway;
      if (gateway === undefined) continue;
      this.parts.observe(gateway.name, scoreOf(subject.inputs));
      const alternatives = standings.filter((other) => other !== subject);
      await this.decide(gateway, { subject, alternatives, thresholds: this.thresholds });
    }
  }

  private async decide(gateway: SmsGateway, inputs: MoveInputs): Promise<void> {
    const outcome = decideMove(inputs);
    if (outcome.kind === 'stay') return;
    const cooldownMs = this.thresholds.cooldownSeconds * 1_000;
    const { circuits, follower, journal } = this.parts;
    if (!(await journal.moved(gateway, { inputs, outcome }, cooldownMs))) return;
    circuits.shut(circuits.of(gateway), provenBy(outcome.score), cooldownMs);
    await follower.read(gateway);
  }

  private async measure(gateway: SmsGateway, nowMs: number): Promise<Measured> {
    const { samples, follower } = this.parts;
    const nowMinute = minuteOf(nowMs);
    const { returnedAtMs } = follower.of(gateway.name);
    const [rows, baseline] = await Promise.all([
      samples.minutes(gateway.name, nowMinute - WINDOW_MINUTES + 1, nowMinute),
      samples.baseline(gateway.name, nowMinute),
    ]);
    const since = returnedAtMs === null ? 0 : minuteOf(returnedAtMs);
    return { gateway, window: windowOf(rows, nowMinute, since), baseline };
  }

  private standing({ gateway, window, baseline }: Measured, silent: boolean, nowMs: number): Standing {
    const { state, movedAtMs } = this.parts.follower.of(gateway.name);
    // Of another process's circuits nothing is known before it is written; this one's own are seen at once.
    const isShut = this.parts.circuits.of(gateway).circuit.phase === 'open';
    return {
      ...{ provider: gateway.name, tier: gateway.tier, status: isShut ? 'degraded' : state.status },
      movedSecondsAgo: movedAtMs === null ? null : Math.max(0, Math.round((nowMs - movedAtMs) / 1_000)),
      inputs: { window, baseline, reportsSilentEverywhere: silent },
    };
  }

  private alertSilence(silent: boolean): void {
    if (silent && !this.wasSilent) {
      this.parts.logger.error({}, 'delivery reports have stopped from all providers: look at the way they come in');
    }
    this.wasSilent = silent;
  }
}
