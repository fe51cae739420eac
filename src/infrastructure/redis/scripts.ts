import type { Redis, Result } from 'ioredis';
import { ADMIT, FORGET, KEEP, PEEK, TAKE } from './admission.lua';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    wahtAdmit(...keysAndArguments: string[]): Result<string[], Context>;
    wahtPeek(...keysAndArguments: string[]): Result<string[], Context>;
    wahtTake(rateKey: string, perSecond: string, burst: string): Result<number, Context>;
    wahtKeep(idempotencyKey: string, token: string, lifeMs: string): Result<number, Context>;
    wahtForget(idempotencyKey: string, token: string): Result<number, Context>;
  }
}

/** Makes the scripts commands of this connection: sent by hash, loaded by the client where the server has lost them. */
export function defineScripts(redis: Redis): void {
  redis.defineCommand('wahtAdmit', { numberOfKeys: 10, lua: ADMIT });
  redis.defineCommand('wahtPeek', { numberOfKeys: 8, lua: PEEK });
  redis.defineCommand('wahtTake', { numberOfKeys: 1, lua: TAKE });
  redis.defineCommand('wahtKeep', { numberOfKeys: 1, lua: KEEP });
  redis.defineCommand('wahtForget', { numberOfKeys: 1, lua: FORGET });
}

/**
 * How many requests may come at once: a tenth of a second's worth, so that ten seconds at full speed stay within 1 % of
 * the limit, but at least ten (or the limit, where that is smaller).
 */
export const burstFor = (perSecond: number): number => Math.max(Math.min(perSecond, 10), Math.floor(perSecond / 10));
