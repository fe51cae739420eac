import { setTimeout as delay } from 'node:timers/promises';

/** Looks until the condition holds. @throws Error when `withinMs` is over. */
export async function eventually(condition: () => Promise<boolean>, withinMs: number, everyMs = 100): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`this did not come true within ${withinMs} ms`);
    await delay(everyMs);
  }
}
