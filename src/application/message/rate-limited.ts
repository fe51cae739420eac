import { DomainError } from '../../domain/shared/domain-error';

/** Too many requests. `limit` is what was allowed. */
export class RateLimited extends DomainError {
  constructor(
    readonly limit: number,
    retryAfterSeconds: number,
    detail = `More than ${limit} requests a second.`,
  ) {
    super('rate_limited', detail, [], retryAfterSeconds);
  }
}
