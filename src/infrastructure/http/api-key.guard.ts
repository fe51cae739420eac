import { createHash, timingSafeEqual } from 'node:crypto';
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
const NOBODY = createHash('sha256').update('nobody').digest();

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
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const waitSeconds = this.badKeys.blockedForSeconds(request.ip);
    if (waitSeconds > 0)
      throw new RateLimited(MOST_BAD_KEYS, waitSeconds, 'Too many keys from this address were refused.');
    const key = this.authenticate(request.headers.authorization);
    if (key === null) {
      this.badKeys.note(request.ip);
      throw new DomainError('unauthenticated', 'A valid API key is needed: Authorization: Bearer <key>.');
    }
    const scopes = this.reflector.getAllAndOverride<Scope[]>(SCOPES, [context.getHandler(), context.getClass()]);
    if (!scopes.some((scope) => key.scopes.has(scope))) this.refuseScope(request, key, scopes);
    request.caller = { customer: key.customer, keyId: key.keyId, mode: key.mode, requestId: request.id };
    return true;
  }

  private authenticate(header: string | undefined): ApiKeyRecord | null {
    const text = BEARER.exec(header ?? '')?.[1];
    if (text === undefined) return null;
    const parsed = parseApiKey(text);
    if (parsed === null) return null;
    const record = this.directory.key(parsed.keyId);
    const hash = createHash('sha256').update(text).digest();
    const isSame = timingSafeEqual(hash, record === null ? NOBODY : Buffer.from(record.hash, 'hex'));
    if (record === null || !isSame || record.revoked) return null;
    if (record.expiresAt !== null && Date.parse(record.expiresAt) <= this.clock.now()) return null;
    return record;
  }

  private refuseScope(request: FastifyRequest, { keyId, customer }: ApiKeyRecord, scopes: readonly Scope[]): never {
    const { customerId } = customer;
    this.logger.info({ requestId: request.id, customerId, keyId, scopes }, 'a key without the scope was refused');
    throw new DomainError('forbidden_scope', `This key lacks the scope ${scopes.join(' or ')}.`);
  }
}
