import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger } from '../ports/logger';
import { PROVIDER_HEALTH, type CircuitChange, type ProviderHealth } from '../ports/provider-health';
import type { Tier } from '../../domain/routing/tiers';
import type { KnownMessage } from './message-memory';

const MOST_WAITING = 50_000;
const WOKEN_AT_ONCE = 16;
/** Messages that are woken in turn to find one that tries a half-open circuit. */
const MOST_TRIED = 16;

/** Who waits, and since when it could have gone (ISO). */
type Waiting = Pick<KnownMessage, 'messageId' | 'acceptedAt'>;
/** When each was accepted, by its id. */
type Room = Map<string, string>;
type Place = readonly [messageId: string, acceptedAt: string];

export type WakeUp = (messageId: string, opened: Tier | null) => Promise<void>;

/**
 * Messages that wait for a provider, as this process knows them: woken when its circuit changes, without waiting for their
 * alarms, the oldest first. Those stay in Postgres and wake whatever this room has forgotten.
 */
@Injectable()
export class WaitingRoom {
  private readonly retries = new Map<string, Room>();
  private readonly waits = new Map<string, Room>();
  /** Those that are being let go, the oldest first, and whose turn has not come yet. */
  private readonly inLine = new Set<string>();
  /** How often each circuit has changed: a trial that was made changes it. */
  private readonly changes = new Map<string, number>();
  private unsubscribe: () => void = () => undefined;
  private wake: WakeUp = () => Promise.resolve();

  constructor(
    @Inject(PROVIDER_HEALTH) private readonly health: ProviderHealth,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(wake: WakeUp): void {
    this.wake = wake;
    this.unsubscribe = this.health.onChange((change) => this.changed(change));
  }

  stop(): void {
    this.unsubscribe();
  }

  /** It waits to be tried again at the same provider. */
  waitsToRetry(provider: string, message: Waiting): void {
    add(this.retries, provider, message);
  }

  /** It waits for any of these to take messages again. */
  waitsFor(providers: readonly string[], message: Waiting): void {
    for (const provider of providers) add(this.waits, provider, message);
  }

  /** It is woken within moments, when those that are older have been. */
  isInLine(messageId: string): boolean {
    return this.inLine.has(messageId);
  }

  private changed({ provider, tier, to }: CircuitChange): void {
    this.changes.set(provider, (this.changes.get(provider) ?? 0) + 1);
    if (to === 'open') this.release(take(this.retries, provider, MOST_WAITING), null);
    // One message at a time tries it; the others follow when it has shown that it is back.
    if (to === 'half_open') void this.tryIt(provider, tier);
    if (to === 'returning' || to === 'closed') this.release(take(this.waits, provider, MOST_WAITING), tier);
  }

  /** The oldest; where it turns out not to go there (it has ended, or that tier has refused it), the next. */
  private async tryIt(provider: string, tier: Tier): Promise<void> {
    const before = this.changes.get(provider);
    const tried = new Set<string>();
    while (tried.size < MOST_TRIED && this.changes.get(provider) === before) {
      const messageId = takeOldest(this.waits.get(provider), tried);
      if (messageId === null) return;
      tried.add(messageId);
      await this.wakeOne(messageId, tier);
    }
  }

  private release(messageIds: readonly string[], opened: Tier | null): void {
    const queue = [...messageIds];
    for (const id of queue) this.inLine.add(id);
    const work = async (): Promise<void> => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        this.inLine.delete(id);
        await this.wakeOne(id, opened);
      }
    };
    for (let i = 0; i < Math.min(WOKEN_AT_ONCE, messageIds.length); i++) void work();
  }

  private async wakeOne(messageId: string, opened: Tier | null): Promise<void> {
    try {
      await this.wake(messageId, opened);
    } catch (error) {
      this.logger.warn({ err: error, messageId }, 'a waiting message is left to its alarm');
    }
  }
}

function add(rooms: Map<string, Room>, provider: string, { messageId, acceptedAt }: Waiting): void {
  let room = rooms.get(provider);
  if (room === undefined) {
    room = new Map();
    rooms.set(provider, room);
  }
  if (room.size < MOST_WAITING) room.set(messageId, acceptedAt);
}

/** The oldest first, whenever each of them came in. */
function take(rooms: Map<string, Room>, provider: string, most: number): string[] {
  const room = rooms.get(provider);
  if (room === undefined) return [];
  const taken = [...room].sort(byAge).slice(0, most);
  for (const [id] of taken) room.delete(id);
  return taken.map(([id]) => id);
}

/** Null: nobody waits there but those. */
function takeOldest(room: Room | undefined, but: ReadonlySet<string>): string | null {
  let oldest: Place | null = null;
  for (const place of room ?? [])
    if (!but.has(place[0]) && (oldest === null || byAge(place, oldest) < 0)) oldest = place;
  if (oldest !== null) room?.delete(oldest[0]);
  return oldest?.[0] ?? null;
}

const byAge = ([, one]: Place, [, other]: Place): number => (one < other ? -1 : Number(one > other));
