import { randomBytes } from 'node:crypto';
import type { Admission, AdmissionControl, AdmissionRequest, Signals } from '../../application/ports/admission';
import type { Logger } from '../../application/ports/logger';
import { DomainError } from '../../domain/shared/domain-error';
import { keys, optOutMember } from './keys';
import type { RedisConnection } from './redis-connection';
import { burstFor, defineScripts } from './scripts';

/** Longer than any accept takes; a claim whose owner died frees itself. */
const CLAIM_LIFE_MS = 15_000;
const REMEMBER_SECONDS = 86_400;
const BLOCKS: readonly Signals['block'][] = ['none', 'recipient', 'prefix', 'customer'];

/** Writes again, after Redis has lost it, what of the log is asked for here. */
export interface Rewritable {
  /** False where it is not known yet. */
  rewrite(): Promise<boolean>;
}

/** Limits, blocks, velocity and the idempotency claim as one Lua script: one round trip, atomic. */
export class RedisAdmission implements AdmissionControl {
  /** The claim that each admitted request holds; gone with the request. */
  private readonly tokens = new WeakMap<AdmissionRequest, string>();
  private readonly processToken = randomBytes(6).toString('base64url');
  private claims = 0;

  constructor(
    private readonly connection: RedisConnection,
    /** Blocks and opt-outs. */
    private readonly mirrors: readonly Rewritable[],
    private readonly logger: Logger,
  ) {
    defineScripts(connection.redis);
  }

  async admit(request: AdmissionRequest): Promise<Admission> {
    const answer = await this.ask(request);
    if (answer[0] !== 'unready') return this.understand(request, answer);
    if (!(await this.rewrite())) {
      throw new DomainError('unavailable', 'Blocks are still being read; try again.', [], 2);
    }
    return this.understand(request, await this.ask(request));
  }

  async peek(request: AdmissionRequest): Promise<Signals> {
    let answer = await this.askWithoutCounting(request);
    if (answer[0] === 'unready' && (await this.rewrite())) answer = await this.askWithoutCounting(request);
    const admission = this.understand(request, answer);
    if (admission.kind !== 'admitted') throw new DomainError('unavailable', 'Blocks cannot be read right now.', [], 2);
    return admission.signals;
  }

  private async rewrite(): Promise<boolean> {
    const known = await Promise.all(this.mirrors.map((mirror) => mirror.rewrite()));
    return known.every(Boolean);
  }

  async remember(request: AdmissionRequest, response: string): Promise<void> {
    if (request.idempotencyKey === null) return;
    const value = `D:${request.bodyDigest ?? ''}:${response}`;
    await this.bestEffort('remember', (redis) => redis.set(idempotencyKeyOf(request), value, 'EX', REMEMBER_SECONDS));
  }

  async keep(request: AdmissionRequest): Promise<void> {
    const token = this.tokens.get(request);
    if (token === undefined) return;
    const lifeMs = String(CLAIM_LIFE_MS);
    await this.bestEffort('keep', (redis) => redis.wahtKeep(idempotencyKeyOf(request), token, lifeMs));
  }

  async forget(request: AdmissionRequest): Promise<void> {
    const token = this.tokens.get(request);
    if (token === undefined) return;
    await this.bestEffort('forget', (redis) => redis.wahtForget(idempotencyKeyOf(request), token));
  }

  private async ask(request: AdmissionRequest): Promise<string[]> {
    const token = request.idempotencyKey === null ? '' : `${this.processToken}${(this.claims++).toString(36)}`;
    if (token !== '') this.tokens.set(request, token);
    const { customerId, mode, lookupHash } = request;
    try {
      return await this.connection.run((redis) =>
        redis.wahtAdmit(
          request.idempotencyKey === null ? '' : idempotencyKeyOf(request),
          keys.rate(request.keyId),
          keys.velocity(customerId, mode, lookupHash),
          keys.blockedRecipient(customerId, lookupHash),
          keys.blockedCustomer(customerId),
          keys.blockedPrefixes(null),
          keys.blockedPrefixes(customerId),
          keys.blocksWritten,
          keys.optedOut(customerId, mode, lookupHash),
          keys.optOutsWritten,
          request.bodyDigest ?? '',
          token,
          String(CLAIM_LIFE_MS),
          request.requestsPerSecond === null ? '' : String(request.requestsPerSecond),
          request.requestsPerSecond === null ? '' : String(burstFor(request.requestsPerSecond)),
          request.phoneDigits,
          String(request.messagesPerMinutePerRecipient),
          memberOf(request),
        ),
      );
    } catch (error) {
      // The script may have run all the same: what comes behind it on the same connection gives the claim back.
      void this.forget(request);
      throw error;
    }
  }

  private askWithoutCounting(request: AdmissionRequest): Promise<string[]> {
    const { customerId, mode, lookupHash, phoneDigits } = request;
    return this.connection.run((redis) =>
      redis.wahtPeek(
        keys.velocity(customerId, mode, lookupHash),
        keys.blockedRecipient(customerId, lookupHash),
        keys.blockedCustomer(customerId),
        keys.blockedPrefixes(null),
        keys.blockedPrefixes(customerId),
        keys.blocksWritten,
        keys.optedOut(customerId, mode, lookupHash),
        keys.optOutsWritten,
        phoneDigits,
        memberOf(request),
      ),
    );
  }

  private understand(request: AdmissionRequest, [kind, first, second, third]: string[]): Admission {
    switch (kind) {
      case 'admitted': {
        const block = BLOCKS.find((candidate) => candidate === first) ?? 'customer';
        return { kind, signals: { block, recipientPerMinute: Number(second), optedOut: third === '1' } };
      }
      case 'replay':
        return { kind, sameBody: first === '1', response: second ?? '' };
      case 'pending':
        return { kind };
      case 'limited': {
        const retryAfterSeconds = Math.max(1, Math.ceil(Number(first) / 1_000));
        return { kind: 'rate_limited', retryAfterSeconds, limit: request.requestsPerSecond ?? 0 };
      }
      default:
        // Lost twice within one request: someone empties Redis again and again.
        throw new DomainError('unavailable', 'Blocks cannot be read right now.', [], 2);
    }
  }

  private async bestEffort(what: string, work: Parameters<RedisConnection['run']>[0]): Promise<void> {
    try {
      await this.connection.run(work);
    } catch (error) {
      this.logger.debug({ err: error, what }, 'an idempotency key could not be updated in Redis');
    }
  }
}

const idempotencyKeyOf = ({ customerId, mode, route, idempotencyKey }: AdmissionRequest): string =>
  keys.idempotency(customerId, mode, route, idempotencyKey ?? '');

const memberOf = ({ promotionFrom }: AdmissionRequest): string =>
  promotionFrom === null ? '' : optOutMember(promotionFrom);
