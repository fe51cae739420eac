import { RateLimited } from '../../application/message/rate-limited';
import { DomainError } from '../../domain/shared/domain-error';

/** Of bodies of batches that are held at one time: by the process, and of one customer. */
const MOST_BYTES = 64 * 1_024 * 1_024;
const MOST_BYTES_OF_ONE = 32 * 1_024 * 1_024;
const RETRY_AFTER_SECONDS = 1;

/** A batch's room. It is held while its body comes in, and until both its work and its connection have ended. */
export interface Place {
  /** The work begins. @returns what ends it */
  work(): () => void;
  /** Its connection is gone, or its answer is out. */
  closed(): void;
}

/** How much of batches may lie in memory, by the length of their bodies: what they are read into grows with it. */
export class BatchRoom {
  private total = 0;
  private readonly byCustomer = new Map<string, number>();

  /** @throws RateLimited where this customer has too much in work already; DomainError unavailable where all have */
  take(customerId: string, bytes: number): Place {
    const own = (this.byCustomer.get(customerId) ?? 0) + bytes;
    if (own > MOST_BYTES_OF_ONE) {
      throw new RateLimited(MOST_BYTES_OF_ONE, RETRY_AFTER_SECONDS, 'Too many large batches of this account at once.');
    }
    if (this.total + bytes > MOST_BYTES) {
      throw new DomainError('unavailable', 'Too many large batches at once; try again.', [], RETRY_AFTER_SECONDS);
    }
    this.total += bytes;
    this.byCustomer.set(customerId, own);
    return placeUntil(() => this.giveBack(customerId, bytes));
  }

  private giveBack(customerId: string, bytes: number): void {
    this.total -= bytes;
    const left = (this.byCustomer.get(customerId) ?? 0) - bytes;
    if (left > 0) this.byCustomer.set(customerId, left);
    else this.byCustomer.delete(customerId);
  }
}

function placeUntil(giveBack: () => void): Place {
  let isWorking = false;
  let isClosed = false;
  let isHeld = true;
  const look = (): void => {
    if (isWorking || !isClosed || !isHeld) return;
    isHeld = false;
    giveBack();
  };
  return {
    work: () => {
      isWorking = true;
      return () => {
        isWorking = false;
        look();
      };
    },
    closed: () => {
      isClosed = true;
      look();
    },
  };
}
