/** Until the time is over (null: no end) or the signal aborts. */
export async function wait(ms: number | null, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = ms === null ? undefined : setTimeout(() => end(), Math.max(0, ms));
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
  });
}
