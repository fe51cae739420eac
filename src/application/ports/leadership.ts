export const LEADERSHIP = Symbol('Leadership');

/** One process at a time for work that all could do but one should. */
export interface Leadership {
  /**
   * Runs `work` where no other process runs work of this name, and holds the others off until it is done.
   * @returns false where another process has it (nothing was run). Errors of `work` go through.
   */
  ifLeader(name: string, work: () => Promise<void>): Promise<boolean>;
}
