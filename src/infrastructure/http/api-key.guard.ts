import { hash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../application/message/message-request';
import { RateLimited } from '../../application/message/rate-limited';
import { CLOCK, type Clock } from '../../application/ports/clock';
import {
  CUSTOMER_DIRECTORY,
  type ApiKeyRecord,
  type CustomerDirectory,
} from '../../application/ports/customer-directory';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { parseApiKey } from '../../domain/customer/api-key';
import type { Scope } from '../../domain/customer/events';
import { DomainError } from '../../domain/shared/domain-error';
import { BadKeyLimiter, MOST_BAD_KEYS } from './bad-key-limiter';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard. */
    caller?: Caller;
  }
}

const SCOPES = 'waht:scopes';

/** A key with any one of these scopes may call. */
export const NeedsScope = (...scopes: Scope[]): MethodDecorator & ClassDecorator => SetMetadata(SCOPES, scopes);

const BEARER = /^bearer +([^\s]+) *$/i;
/** Compared with where there is no such key, so that a known id takes no longer than an unknown one. */
const NOBODY = hash('sha256', 'nobody', 'buffer');

/** Why a key was not taken. The answer does not say; the log of refused calls does. */
export type KeyTrouble = 'no_key' | 'malformed_key' | 'unknown_key' | 'wrong_secret' | 'revoked_key' | 'expired_key';

/** A call without a key that is good. `key`: the one that it names, where there is such a one. */
export class KeyRefused extends DomainError {
  constructor(
    readonly reason: KeyTrouble,
    readonly key: ApiKeyRecord | null,
  ) {
    super('unauthenticated', 'A valid API key is needed: Authorization: Bearer <key>.');
  }
}

/** A good key that may not do this. */
export class ScopeRefused extends DomainError {
  constructor(
    scopes: readonly Scope[],
    readonly key: ApiKeyRecord,
  ) {
    super('forbidden_scope', `This key lacks the scope ${scopes.join(' or ')}.`);
  }
}

/** Who calls: by a bearer key, from memory, without any I/O. Every refusal of a key looks the same. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    @Inject(CUSTOMER_DIRECTORY) private readonly directory: CustomerDirectory,
    @Inject(BadKeyLimiter) private readonly badKeys: BadKeyLimiter,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const scopes = this.reflector.getAllAndOverride<Scope[]>(SCOPES, [context.getHandler(), context.getClass()]);
    this.check(context.switchToHttp().getRequest<FastifyRequest>(), scopes);
    return true;
  }

  /** @throws RateLimited, KeyRefused, ScopeRefused */
  check(request: FastifyRequest, scopes: readonly Scope[]): Caller {
    const waitSeconds = this.badKeys.blockedForSeconds(request.ip);
    if (waitSeconds > 0)
      throw new RateLimited(MOST_BAD_KEYS, waitSeconds, 'Too many keys from this address were refused.');
    const key = this.authenticate(request.headers.authorization);
    if (key instanceof KeyRefused) {
      this.badKeys.note(request.ip);
      throw key;
    }
    if (!scopes.some((scope) => key.scopes.has(scope))) this.refuseScope(request, key, scopes);
    const caller = { customer: key.customer, keyId: key.keyId, mode: key.mode, requestId: request.id };
    request.caller = caller;
    return caller;
  }

  private authenticate(header: string | undefined): ApiKeyRecord | KeyRefused {
    const text = BEARER.exec(header ?? '')?.[1];
    if (text === undefined) return new KeyRefused('no_key', null);
    const parsed = parseApiKey(text);
    if (parsed === null) return new KeyRefused('malformed_key', null);
    const record = this.directory.key(parsed.keyId);
    const digest = hash('sha256', text, 'buffer');
    const isSame = timingSafeEqual(digest, record === null ? NOBODY : Buffer.from(record.hash, 'hex'));
    if (record === null) return new KeyRefused('unknown_key', null);
    if (!isSame) return new KeyRefused('wrong_secret', record);
    if (record.revoked) return new KeyRefused('revoked_key', record);
    if (record.expiresAt !== null && Date.parse(record.expiresAt) <= this.clock.now()) {
      return new KeyRefused('expired_key', record);
    }
    return record;
  }

  private refuseScope(request: FastifyRequest, key: ApiKeyRecord, scopes: readonly Scope[]): never {
    const { keyId } = key;
    const { customerId } = key.customer;
    this.logger.info({ requestId: request.id, customerId, keyId, scopes }, 'a key without the scope was refused');
    throw new ScopeRefused(scopes, key);
  }
}
