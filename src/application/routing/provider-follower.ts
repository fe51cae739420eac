import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore, RecordedEvent } from '../ports/event-store';
import type { Logger } from '../ports/logger';
import type { SmsGateway } from '../ports/sms-gateway';
import { healthOf, providerDecider, type Health, type ProviderState } from '../../domain/routing/decider';
import type { ProviderEvent } from '../../domain/routing/events';
import { streams } from '../../domain/shared/streams';
import type { Circuits } from './circuits';

const EVERY_MS = 5_000;

/** Epoch milliseconds, by the store's clock. */
export interface Moves {
  /** The last time that traffic left it or began to return; null: never. */
  readonly movedAtMs: number | null;
  /** When it last began to return. What was counted before is of another time. */
  readonly returnedAtMs: number | null;
}

/** What a provider's stream says, as far as it was read. */
export interface FollowedProvider extends Moves {
  readonly state: ProviderState;
  /** Of networks that were moved by themselves. */
  readonly networks: ReadonlyMap<string, Moves>;
}

export interface Followed extends FollowedProvider {
  readonly nextRevision: bigint;
}

const NEVER: Moves = { movedAtMs: null, returnedAtMs: null };
export const UNKNOWN: Followed = {
  state: providerDecider.initialState,
  ...NEVER,
  networks: new Map(),
  nextRevision: 0n,
};

/** The last moves of a provider as a whole or, for a network, of whatever concerned it last. */
export function movesOf(followed: FollowedProvider, network: string | null): Moves {
  const own = network === null ? undefined : followed.networks.get(network);
  if (own === undefined) return followed;
  return {
    movedAtMs: later(followed.movedAtMs, own.movedAtMs),
    returnedAtMs: later(followed.returnedAtMs, own.returnedAtMs),
  };
}

const later = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b);

function movesAfter({ movedAtMs, returnedAtMs }: Moves, was: Health, is: Health, atMs: number): Moves {
  const isFirstStep = was.status === 'degraded' && is.status !== 'degraded';
  return {
    movedAtMs: isFirstStep || is.status === 'degraded' ? atMs : movedAtMs,
    returnedAtMs: isFirstStep ? atMs : returnedAtMs,
  };
}

/** What is known of a provider after one more event of its stream. */
export function followed(before: Followed, { type, data, created, revision }: RecordedEvent<ProviderEvent>): Followed {
  const event = { type, data } as ProviderEvent;
  const { network } = event.data;
  const state = providerDecider.evolve(before.state, event);
  const moves = network === null ? before : (before.networks.get(network) ?? NEVER);
  const moved = movesAfter(moves, healthOf(before.state, network), healthOf(state, network), Date.parse(created));
  const nextRevision = revision + 1n;
  return network === null
    ? { ...before, ...moved, state, nextRevision }
    : { ...before, state, nextRevision, networks: new Map([...before.networks, [network, moved]]) };
}

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
    const now = news.reduce(followed, before);
    this.known.set(gateway.name, now);
    for (const network of new Set(news.map(({ data }) => data.network))) {
      this.circuits.adopt(gateway, network, healthOf(now.state, network));
    }
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
