import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger } from '../ports/logger';
import { PROVIDER_HEALTH, type CircuitChange, type ProviderHealth } from '../ports/provider-health';
import type { Tier } from '../../domain/routing/tiers';
import type { KnownMessage } from './message-memory';

const MOST_WAITING = 50_000;
const WOKEN_AT_ONCE = 16;

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

  private changed({ provider, tier, to }: CircuitChange): void {
    if (to === 'open') this.release(take(this.retries, provider, MOST_WAITING), null);
    // One message at a time tries it; the others follow when it has shown that it is back.
    if (to === 'half_open') this.release(take(this.waits, provider, 1), tier);
    if (to === 'returning' || to === 'closed') this.release(take(this.waits, provider, MOST_WAITING), tier);
  }

  private release(messageIds: readonly string[], opened: Tier | null): void {
    const queue = [...messageIds];
    const work = async (): Promise<void> => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        try {
          await this.wake(id, opened);
        } catch (error) {
          this.logger.warn({ err: error, messageId: id }, 'a waiting message is left to its alarm');
        }
      }
    };
    for (let i = 0; i < Math.min(WOKEN_AT_ONCE, messageIds.length); i++) void work();
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
  const taken = most === 1 ? oldestOf(room) : [...room].sort(byAge).slice(0, most);
  for (const [id] of taken) room.delete(id);
  return taken.map(([id]) => id);
}

const byAge = ([, one]: Place, [, other]: Place): number => (one < other ? -1 : Number(one > other));

function oldestOf(room: Room): Place[] {
  let oldest: Place | null = null;
  for (const place of room) if (oldest === null || byAge(place, oldest) < 0) oldest = place;
  return oldest === null ? [] : [oldest];
}
