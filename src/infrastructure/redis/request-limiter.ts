import { DomainError } from '../../domain/shared/domain-error';
import { keys } from './keys';
import type { RedisConnection } from './redis-connection';
import { burstFor } from './scripts';

const MOST_KEYS = 10_000;

/** Milliseconds to wait; 0: go on. */
export type Wait = number;

/**
 * The limit of requests a second for calls that only read. It shares its count with sending; while Redis is away each
 * process counts by itself, since reads must go on.
 */
export class RequestLimiter {
  /** Theoretical arrival times by key, in the order of their last use. */
  private readonly local = new Map<string, number>();

  constructor(private readonly connection: RedisConnection) {}

  async take(keyId: string, perSecond: number): Promise<Wait> {
    try {
      return await this.connection.run((redis) =>
        redis.wahtTake(keys.rate(keyId), String(perSecond), String(burstFor(perSecond))),
      );
    } catch (error) {
      if (error instanceof DomainError) return this.takeLocally(keyId, perSecond);
      throw error;
    }
  }

  /** The same algorithm as the script's, on this process's monotonic clock. */
  takeLocally(keyId: string, perSecond: number): Wait {
    const now = performance.now();
    const emissionMs = 1_000 / perSecond;
    const tat = Math.max(this.local.get(keyId) ?? now, now);
    const allowedAt = tat + emissionMs - burstFor(perSecond) * emissionMs;
    if (allowedAt > now) return Math.ceil(allowedAt - now);
    this.local.delete(keyId);
    this.local.set(keyId, tat + emissionMs);
    if (this.local.size > MOST_KEYS) this.dropOldest();
    return 0;
  }

  private dropOldest(): void {
    const oldest = this.local.keys().next();
    if (oldest.done !== true) this.local.delete(oldest.value);
  }
}
