import { DomainError } from '../../domain/shared/domain-error';

/**
 * There is such a thing, and it is somebody else's, or of the other mode. To the caller it is as one that never was, so
 * `detail` must be that of an unknown id; who keeps the log of refused calls can tell.
 */
export class NotYours extends DomainError {
  constructor(
    detail: string,
    readonly resource: string,
    readonly reason: 'other_customer' | 'other_mode',
  ) {
    super('not_found', detail);
  }
}
