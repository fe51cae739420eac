import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RateLimited } from '../../application/message/rate-limited';
import { RequestLimiter } from '../redis/request-limiter';

/** The limit of requests a second, for calls that do not go through admission. Behind the guard of keys. */
@Injectable()
export class ReadLimitGuard implements CanActivate {
  constructor(@Inject(RequestLimiter) private readonly limiter: RequestLimiter) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
    if (caller === undefined) throw new Error('a route that is limited by key has no guard of keys');
    const perSecond = caller.customer.limits.requestsPerSecondPerKey;
    const waitMs = await this.limiter.take(caller.keyId, perSecond);
    if (waitMs > 0) throw new RateLimited(perSecond, Math.max(1, Math.ceil(waitMs / 1_000)));
    return true;
  }
}
