import type { RecordedEvent } from '../../ports/event-store';
import type { SmsGateway, SmsGateways } from '../../ports/sms-gateway';
import type { MessageEvent } from '../../../domain/message/events';
import { evolveMessage, initialMessage, isLive } from '../../../domain/message/state';
import { healthOf } from '../../../domain/routing/decider';
import type { ProviderEvent } from '../../../domain/routing/events';
import type { Thresholds } from '../../../domain/routing/move';
import { TIERS } from '../../../domain/routing/tiers';
import type { Mode } from '../../../domain/shared/event';
import { streamPrefixes } from '../../../domain/shared/streams';
import { standingsOf, type Found } from '../standings';
import { AttemptTally } from './attempt-tally';
import { choose } from './choice';
import { Courses } from './courses';
import type { ReplayedMessage, ReplayWindow } from './replayed-message';
import { reportOf, type ReplayReport } from './report';
import type { ReplaySettings } from './settings';

/** As often as the living look at the providers' scores. */
const TICK_MS = 5_000;

/**
 * Runs a recorded window again under other settings. It is fed the log from its beginning, in order, and writes nothing.
 * Moves of the log are decided again from their own inputs; moves that it does not hold are looked for where a threshold is
 * another, every few seconds, from the counts as they were recorded: what traffic that goes elsewhere now would have added to
 * them is not guessed. The same log and settings give the same report.
 */
export class Replay {
  private readonly tally = new AttemptTally();
  private readonly courses: Courses;
  private readonly messages = new Map<string, ReplayedMessage>();
  private readonly fromMs: number;
  private readonly toMs: number;
  private readonly looks: boolean;
  private tickMs: number;

  constructor(
    private readonly window: ReplayWindow,
    private readonly settings: ReplaySettings,
    private readonly gateways: Pick<SmsGateways, 'forTier'>,
    private readonly configured: Thresholds,
  ) {
    this.fromMs = Date.parse(window.from);
    this.toMs = Date.parse(window.to);
    this.tickMs = this.fromMs;
    this.looks = Object.keys(settings.thresholds).length > 0;
    this.courses = new Courses(settings.thresholds);
  }

  note(event: RecordedEvent): void {
    this.goOnTo(Date.parse(event.created));
    if (event.stream.startsWith(streamPrefixes.provider)) {
      // Only the two kinds of events stand in such a stream.
      this.courses.note(event as RecordedEvent<ProviderEvent>);
    } else if (event.stream.startsWith(streamPrefixes.message)) {
      this.noteMessage(event);
      if (this.looks) this.tally.note(event);
    }
  }

  report(): ReplayReport {
    this.goOnTo(this.toMs);
    const isInWindow = (at: string): boolean => Date.parse(at) >= this.fromMs && Date.parse(at) < this.toMs;
    return reportOf({
      window: this.window,
      settings: this.settings,
      messages: [...this.messages.values()],
      moves: this.courses.moves.filter(({ at }) => isInWindow(at)),
    });
  }

  private noteMessage(recorded: RecordedEvent): void {
    const event = { type: recorded.type, data: recorded.data } as MessageEvent;
    const { messageId } = event.data;
    const known = this.messages.get(messageId);
    if (known !== undefined) {
      known.state = evolveMessage(known.state, event);
      if (event.type === 'MessageDelivered') known.deliveredAt = event.data.tier;
      return;
    }
    if (event.type !== 'MessageQueued' && event.type !== 'MessageScheduled') return;
    const atMs = Date.parse(recorded.created);
    // A scheduled one from before the window was priced before it, though it is queued within.
    if (atMs < this.fromMs || atMs >= this.toMs || (event.type === 'MessageQueued' && recorded.revision > 0n)) return;
    const state = evolveMessage(initialMessage, event);
    if (!isLive(state)) return;
    const { mode, network } = state.order;
    const choice = choose(state.order, this.settings, (tier) => {
      const gateway = this.gateways.forTier(mode, tier);
      return gateway === null ? null : { course: this.courses.of(gateway.name), network };
    });
    this.messages.set(messageId, { messageId, at: recorded.created, choice, state, deliveredAt: null });
  }

  /** What happens by itself as time goes on. */
  private goOnTo(nowMs: number): void {
    if (!this.looks) return;
    for (; this.tickMs <= nowMs && this.tickMs < this.toMs; this.tickMs += TICK_MS) {
      this.courses.goOnTo(this.tickMs);
      for (const mode of ['live', 'test'] as const) this.look(mode, this.tickMs);
    }
  }

  /** As the living do: each provider as a whole and, where that stays, each network by itself. */
  private look(mode: Mode, nowMs: number): void {
    const accounts = TIERS.map((tier) => this.gateways.forTier(mode, tier)).filter((one) => one !== null);
    if (mode === 'test' && accounts.every((one) => this.gateways.forTier('live', one.tier) === one)) return;
    const thresholds = { ...this.configured, ...this.settings.thresholds };
    const { providers } = standingsOf(
      accounts.map((gateway) => this.found(gateway, nowMs)),
      nowMs,
      thresholds.degradeUnder,
    );
    for (const { gateway, whole, networks } of providers) {
      const others = providers.filter((other) => other.gateway !== gateway);
      const before = this.courses.moves.length;
      this.courses.add(gateway, { subject: whole, alternatives: others.map((one) => one.whole), thresholds }, nowMs);
      if (this.courses.moves.length > before) continue;
      for (const [network, subject] of networks) {
        if (subject.network === null) continue;
        const alternatives = others.map((other) => other.networks.get(network) ?? other.whole);
        this.courses.add(gateway, { subject, alternatives, thresholds }, nowMs);
      }
    }
  }

  private found(gateway: SmsGateway, nowMs: number): Found {
    const { replayed } = this.courses.of(gateway.name);
    return {
      gateway,
      counted: this.tally.at(gateway.name, nowMs),
      followed: replayed,
      statusOf: (network) => healthOf(replayed.state, network).status,
    };
  }
}
