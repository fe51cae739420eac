/**
 * A feed or a worker that ended by a mistake of ours must not end quietly, while all else goes on as if it were read. So it
 * ends as any uncaught exception does: the process logs it, exits, and is started again.
 */
export function raiseDefect(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
