import type { GroupSettings } from './group-settings';

/**
 * Decides when a group's checkpoint is written: at once when `maxCheckpointCount` messages are done with since the last
 * one, else after `checkpointAfterMs` if it is at least `minCheckpointCount`; and when the group stops.
 */
export class Checkpointer {
  private timer: NodeJS.Timeout | undefined;
  private resolvedAtLast = 0;
  private isWriting = false;

  constructor(
    private readonly settings: GroupSettings,
    /** The checkpoint that is on disk. */
    public last: number | undefined,
    private readonly write: (checkpoint: number) => Promise<void>,
  ) {}

  /** Called after each piece of work; `resolved` counts the messages done with. */
  consider(checkpoint: () => number, resolved: () => number): void {
    const count = resolved() - this.resolvedAtLast;
    if (count === 0 || this.isWriting) return;
    if (count >= Math.max(1, this.settings.maxCheckpointCount)) return this.save(checkpoint(), resolved());
    if (this.timer || count < this.settings.minCheckpointCount) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (!this.isWriting) this.save(checkpoint(), resolved());
    }, this.settings.checkpointAfterMs);
  }

  /** Writes the last checkpoint; nothing is written after that. */
  async finish(checkpoint: number): Promise<void> {
    clearTimeout(this.timer);
    if (checkpoint > (this.last ?? -1)) await this.write(checkpoint);
  }

  private save(checkpoint: number, resolved: number): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.resolvedAtLast = resolved;
    if (checkpoint <= (this.last ?? -1)) return;
    this.isWriting = true;
    void this.write(checkpoint).then(() => {
      this.isWriting = false;
      this.last = checkpoint;
    });
  }
}
