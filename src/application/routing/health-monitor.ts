import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../ports/clock';
import type { HealthSamples } from '../ports/health-samples';
import type { Leadership, Candidacy } from '../ports/leadership';
import type { Logger } from '../ports/logger';
import type { SmsGateway, SmsGateways } from '../ports/sms-gateway';
import { healthOf, provenBy } from '../../domain/routing/decider';
import { decideMove, type MoveInputs, type Thresholds } from '../../domain/routing/move';
import { scoreOf } from '../../domain/routing/score';
import { WINDOW_MINUTES } from '../../domain/routing/window';
import { TIERS } from '../../domain/routing/tiers';
import type { Mode } from '../../domain/shared/event';
import type { Circuits } from './circuits';
import type { ProviderFollower } from './provider-follower';
import type { ProviderJournal } from './provider-journal';
import { minuteOf } from './sampling';
import { standingsOf, type Found, type ProviderStandings } from './standings';

const EVERY_MS = 5_000;

export interface HealthMonitorParts {
  readonly samples: HealthSamples;
  readonly gateways: SmsGateways;
  readonly circuits: Circuits;
  readonly follower: ProviderFollower;
  readonly journal: ProviderJournal;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `network`: MCC and MNC; null: the provider as a whole. `score`: null with too few samples to say. */
  readonly observe: (provider: string, network: string | null, score: number | null) => void;
}

/**
 * In one process at a time: every few seconds scores each provider from everybody's counts, as a whole and by the recipients'
 * network, and writes down where traffic has to leave one. All processes act on what stands in its stream.
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
    const { providers, silent } = standingsOf(measured, nowMs, this.thresholds.degradeUnder);
    this.alertSilence(silent);
    for (const one of providers) {
      this.observe(one);
      await this.moveWhatMust(
        one,
        providers.filter((other) => other !== one),
      );
    }
  }

  private observe({ gateway: { name }, whole, networks }: ProviderStandings): void {
    this.parts.observe(name, null, scoreOf(whole.inputs).value);
    for (const [network, standing] of networks) {
      this.parts.observe(name, network, standing.network === null ? null : scoreOf(standing.inputs).value);
    }
  }

  /** The provider as a whole or, where that stays, each network that has to leave it by itself. */
  private async moveWhatMust({ gateway, whole, networks }: ProviderStandings, others: readonly ProviderStandings[]) {
    const { thresholds } = this;
    const alternatives = others.map((other) => other.whole);
    if (await this.decide(gateway, { subject: whole, alternatives, thresholds })) return;
    for (const [network, subject] of networks) {
      if (subject.network === null) continue;
      const elsewhere = others.map((other) => other.networks.get(network) ?? other.whole);
      await this.decide(gateway, { subject, alternatives: elsewhere, thresholds });
    }
  }

  /** @returns whether traffic had to leave. */
  private async decide(gateway: SmsGateway, inputs: MoveInputs): Promise<boolean> {
    const outcome = decideMove(inputs);
    if (outcome.kind === 'stay') return false;
    const cooldownMs = this.thresholds.cooldownSeconds * 1_000;
    const { circuits, follower, journal } = this.parts;
    if (await journal.moved(gateway, { inputs, outcome }, cooldownMs)) {
      circuits.shut(gateway, inputs.subject.network, provenBy(outcome.score), cooldownMs);
      await follower.read(gateway);
    }
    return true;
  }

  private async measure(gateway: SmsGateway, nowMs: number): Promise<Found> {
    const { samples, follower, circuits } = this.parts;
    const nowMinute = minuteOf(nowMs);
    const [minutes, day] = await Promise.all([
      samples.minutes(gateway.name, nowMinute - WINDOW_MINUTES + 1, nowMinute),
      samples.day(gateway.name, nowMinute),
    ]);
    const followed = follower.of(gateway.name);
    return {
      gateway,
      counted: { minutes, day },
      followed,
      // Of another process's circuits nothing is known before it is written; this one's own are seen at once.
      statusOf: (network) =>
        circuits.isOpen(gateway, network) ? 'degraded' : healthOf(followed.state, network).status,
    };
  }

  private alertSilence(silent: boolean): void {
    if (silent && !this.wasSilent) {
      this.parts.logger.error({}, 'delivery reports have stopped from all providers: look at the way they come in');
    }
    this.wasSilent = silent;
  }
}
