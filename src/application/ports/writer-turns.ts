export const WRITER_TURNS = Symbol('WriterTurns');

/**
 * A hint between processes that write to one stream: whoever keeps losing the race says so, and the others stand aside until
 * it has written. It decides nothing, the expected revision does; so every call may fail to help, and none ever rejects.
 */
export interface WriterTurns {
  /** True where the turn is now this process's; it ends by itself after a second. */
  claim(stream: string): Promise<boolean>;
  /** Whether another process has the turn. */
  isAnothers(stream: string): Promise<boolean>;
  release(stream: string): Promise<void>;
}
