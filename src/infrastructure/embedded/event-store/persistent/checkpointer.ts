import type { GroupSettings } from './group-settings';

/** Places read since the last checkpoint that make one due, whether or not there was a message among them. */
const PASSED_OVER = 10_000;

/**
 * Decides when a group's checkpoint is written: at once when `maxCheckpointCount` messages are done with since the last
 * one, else after `checkpointAfterMs` if it is at least `minCheckpointCount`; and when the group stops.
 */
export class Checkpointer {
  private timer: NodeJS.Timeout | undefined;
  private resolvedAtLast = 0;
  private isWriting = false;
  private readAtLast: number;

  constructor(
    private readonly settings: GroupSettings,
    /** The checkpoint that is on disk. */
    public last: number | undefined,
    /** Place that the group began behind. */
    private readonly startAfter: number,
    private readonly write: (checkpoint: number) => Promise<void>,
  ) {
    this.readAtLast = last ?? startAfter;
  }

  /**
   * Called after each piece of work; `resolved` counts the messages done with, `read` is the place read up to. A group
   * whose filter passes almost everything over gets checkpoints too, so that a restart need not go over it all again.
   */
  consider(checkpoint: () => number, resolved: () => number, read: number): void {
    const count = resolved() - this.resolvedAtLast;
    if (this.isWriting) return;
    if (count >= Math.max(1, this.settings.maxCheckpointCount) || read - this.readAtLast >= PASSED_OVER) {
      this.readAtLast = read;
      return this.save(checkpoint(), resolved());
    }
    if (this.timer || count === 0 || count < this.settings.minCheckpointCount) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (!this.isWriting) this.save(checkpoint(), resolved());
    }, this.settings.checkpointAfterMs);
  }

  /** Writes the last checkpoint; nothing is written after that. */
  async finish(checkpoint: number): Promise<void> {
    clearTimeout(this.timer);
    if (!this.isProgress(checkpoint)) return;
    this.last = checkpoint;
    await this.write(checkpoint);
  }

  private save(checkpoint: number, resolved: number): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.resolvedAtLast = resolved;
    if (!this.isProgress(checkpoint)) return;
    this.isWriting = true;
    void this.write(checkpoint).then(() => {
      this.isWriting = false;
      this.last = Math.max(this.last ?? checkpoint, checkpoint);
    });
  }

  private isProgress(checkpoint: number): boolean {
    return checkpoint > (this.last ?? this.startAfter);
  }
}
