import { DomainError } from '../../domain/shared/domain-error';

/** Too many requests. `limit` is what a second allows. */
export class RateLimited extends DomainError {
  constructor(
    readonly limit: number,
    retryAfterSeconds: number,
  ) {
    super('rate_limited', `More than ${limit} requests a second.`, [], retryAfterSeconds);
  }
}
