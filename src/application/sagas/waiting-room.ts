import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger } from '../ports/logger';
import { PROVIDER_HEALTH, type CircuitChange, type ProviderHealth } from '../ports/provider-health';
import type { Tier } from '../../domain/routing/tiers';

const MOST_WAITING = 50_000;
const WOKEN_AT_ONCE = 16;

export type WakeUp = (messageId: string, opened: Tier | null) => Promise<void>;

/**
 * Messages that wait for a provider, as this process knows them: woken when its circuit changes, without waiting for their
 * alarms. Those stay in Postgres and wake whatever this room has forgotten.
 */
@Injectable()
export class WaitingRoom {
  private readonly retries = new Map<string, Set<string>>();
  private readonly waits = new Map<string, Set<string>>();
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
  waitsToRetry(provider: string, messageId: string): void {
    add(this.retries, provider, messageId);
  }

  /** It waits for any of these to take messages again. */
  waitsFor(providers: readonly string[], messageId: string): void {
    for (const provider of providers) add(this.waits, provider, messageId);
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

function add(rooms: Map<string, Set<string>>, provider: string, messageId: string): void {
  let room = rooms.get(provider);
  if (room === undefined) {
    room = new Set();
    rooms.set(provider, room);
  }
  if (room.size < MOST_WAITING) room.add(messageId);
}

function take(rooms: Map<string, Set<string>>, provider: string, most: number): string[] {
  const room = rooms.get(provider);
  if (room === undefined) return [];
  const taken: string[] = [];
  for (const id of room) {
    if (taken.length >= most) break;
    taken.push(id);
    room.delete(id);
  }
  return taken;
}
