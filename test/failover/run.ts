import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Done } from './report';
import { describe } from './report';
import type { Form, Scenario } from './scenario';

/** No scenario takes longer than this, whatever has gone wrong with it. */
const LONGEST_MS = { quick: 300_000, full: 1_800_000 };

/**
 * Runs scenarios, so many at a time, each with a program and data of its own.
 * @param folder where journals and figures go; emptied first.
 */
export async function runScenarios(
  scenarios: readonly Scenario[],
  form: Form,
  atOnce: number,
  folder: string,
  say: (line: string) => void,
): Promise<Done[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const waiting = [...scenarios];
  const all: Done[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const done = await runOne(next, form, folder, say);
      say(describe(done));
      all.push(done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const figures = all.map(({ scenario: { name }, seconds, result, error }) => ({ name, seconds, error, ...result }));
  writeFileSync(join(folder, 'figures.json'), `${JSON.stringify(figures, null, 2)}\n`);
  return all;
}

async function runOne(scenario: Scenario, form: Form, folder: string, say: (line: string) => void): Promise<Done> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;
  say(`${scenario.name} begins`);
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const longestMs = form.quick ? LONGEST_MS.quick : LONGEST_MS.full;
    timer = setTimeout(() => reject(new Error(`it did not end within ${longestMs} ms`)), longestMs);
  });
  try {
    const running = scenario.run({ form, folder, say: (line) => say(`${scenario.name}: ${line}`) });
    return { scenario, result: await Promise.race([running, tooLong]), seconds: seconds(), error: '' };
  } catch (error) {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { scenario, result: null, seconds: seconds(), error: words };
  } finally {
    clearTimeout(timer);
  }
}
