import { LogMismatch, StoreUnavailable } from '../../../application/ports/event-store';
import type { Logger } from '../../../application/ports/logger';
import type { Metrics } from '../../../application/ports/metrics';

/**
 * Whether the log is the one that this process knows. Once it was found not to be, that stands until the process ends:
 * what it holds in memory is of the other log too. No feed goes on, no group is worked, and nothing is appended; only read
 * models can be made anew, from the first event.
 */
export class LogIntegrity {
  private state: 'unverified' | 'sound' | LogMismatch;
  private readonly listeners = new Set<(mismatch: LogMismatch) => void>();

  /** `verifiedFirst`: nothing may be appended before `verified` was called. */
  constructor(
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    verifiedFirst = false,
  ) {
    this.state = verifiedFirst ? 'unverified' : 'sound';
    metrics.logMismatch(false);
  }

  get mismatch(): LogMismatch | null {
    return this.state instanceof LogMismatch ? this.state : null;
  }

  get isVerified(): boolean {
    return this.state === 'sound';
  }

  /** @throws LogMismatch, StoreUnavailable */
  assertWritable(): void {
    if (this.state instanceof LogMismatch) throw this.state;
    if (this.state === 'unverified') throw new StoreUnavailable('none', 'the log has not been looked at yet');
  }

  verified(): void {
    if (this.state === 'unverified') this.state = 'sound';
  }

  /** `found`: what does not agree, for operators; holds nothing personal. */
  broken(found: string): LogMismatch {
    if (this.state instanceof LogMismatch) return this.state;
    const mismatch = new LogMismatch(found);
    this.state = mismatch;
    this.metrics.logMismatch(true);
    this.logger.error({ found }, 'the event log is not the one we know: writes are refused until rebuilt');
    for (const listener of this.listeners) listener(mismatch);
    return mismatch;
  }

  /** Told once; in a moment where it has been found already. @returns to be called by who does not want to hear of it any more. */
  onBroken(listener: (mismatch: LogMismatch) => void): () => void {
    const { mismatch } = this;
    this.listeners.add(listener);
    // Not within this call: whoever asks may still be in the making.
    if (mismatch !== null) queueMicrotask(() => void (this.listeners.has(listener) && listener(mismatch)));
    return () => void this.listeners.delete(listener);
  }
}
