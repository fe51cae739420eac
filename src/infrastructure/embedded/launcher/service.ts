/** How one child is started. */
export interface ChildCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Who it runs as; the launcher's own user where left out. */
  readonly uid?: number;
  readonly gid?: number;
}

/** A child that the launcher starts, watches and stops. */
export interface Service {
  /** For file names: `event-store`. */
  readonly name: string;
  /** For people: `the event store`. */
  readonly title: string;
  readonly stopSignal: NodeJS.Signals;
  /** How long it may take to end by itself before it is killed. */
  readonly stopGraceMs: number;
  /** How long it may take to serve before it is given up. */
  readonly readyWithinMs: number;
  /** Makes ready what the next run needs and says how to start it. Asked again before every restart. */
  command(cancelled: AbortSignal): Promise<ChildCommand>;
  /**
   * What is still missing before it serves, or undefined once it does.
   * @param output what it has printed in this run.
   */
  missing(output: string): Promise<string | undefined>;
}

/** An exit code that says "as I am configured I shall never start" (sysexits' EX_CONFIG): it is not started again. */
export const EXIT_CONFIGURATION = 78;
