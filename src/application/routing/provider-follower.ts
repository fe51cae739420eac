import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore } from '../ports/event-store';
import type { Logger } from '../ports/logger';
import type { SmsGateway } from '../ports/sms-gateway';
import { providerDecider, type ProviderState } from '../../domain/routing/decider';
import type { ProviderEvent } from '../../domain/routing/events';
import { streams } from '../../domain/shared/streams';
import type { Circuits } from './circuits';

const EVERY_MS = 5_000;

/** What a provider's stream says, as far as it was read. */
export interface FollowedProvider {
  readonly state: ProviderState;
  /** Epoch milliseconds, by the store's clock: the last time that traffic left it or began to return; null: never. */
  readonly movedAtMs: number | null;
  /** Epoch milliseconds: when it last began to return. What was counted before is of another time. */
  readonly returnedAtMs: number | null;
}

interface Followed extends FollowedProvider {
  readonly nextRevision: bigint;
}

const UNKNOWN: Followed = {
  state: providerDecider.initialState,
  movedAtMs: null,
  returnedAtMs: null,
  nextRevision: 0n,
};

/**
 * Reads the providers' streams: at the start, so that a new process knows what is shut, and every few seconds, so that it
 * learns of what others have seen before its own calls fail.
 */
export class ProviderFollower {
  private readonly known = new Map<string, Followed>();
  private readonly over = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: EventStore,
    private readonly circuits: Circuits,
    private readonly gateways: () => readonly SmsGateway[],
    private readonly logger: Logger,
  ) {}

  /** Resolves when every stream was read once. @throws StoreUnavailable */
  async start(): Promise<void> {
    await this.readAll();
    this.running = this.follow();
  }

  async stop(): Promise<void> {
    this.over.abort();
    await this.running;
  }

  of(provider: string): FollowedProvider {
    return this.known.get(provider) ?? UNKNOWN;
  }

  /** Reads what is new of one stream. */
  async read(gateway: SmsGateway): Promise<void> {
    const before = this.known.get(gateway.name) ?? UNKNOWN;
    const news = await this.store.readStream<ProviderEvent>(streams.provider(gateway.name), before.nextRevision);
    if (news.length === 0) return;
    let { state, movedAtMs, returnedAtMs, nextRevision } = before;
    for (const { type, data, created, revision } of news) {
      const atMs = Date.parse(created);
      const was = state.status;
      state = providerDecider.evolve(state, { type, data } as ProviderEvent);
      const isFirstStep = was === 'degraded' && state.status !== 'degraded';
      if (isFirstStep) returnedAtMs = atMs;
      if (isFirstStep || state.status === 'degraded') movedAtMs = atMs;
      nextRevision = revision + 1n;
    }
    this.known.set(gateway.name, { state, movedAtMs, returnedAtMs, nextRevision });
    this.circuits.adopt(gateway, state);
  }

  private async readAll(): Promise<void> {
    await Promise.all(this.gateways().map((gateway) => this.read(gateway)));
  }

  private async follow(): Promise<void> {
    const { signal } = this.over;
    let isLost = false;
    while (!signal.aborted) {
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.readAll();
        isLost = false;
      } catch (error) {
        if (!isLost) this.logger.warn({ err: error }, 'what other processes say of the providers cannot be read');
        isLost = true;
      }
    }
  }
}
