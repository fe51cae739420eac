import type { Stack } from './stack';

/** Runs `waht` and returns the JSON object that it printed. @throws Error with its output where it failed. */
export async function waht(stack: Stack, ...args: string[]): Promise<Record<string, string>> {
  const { code, output } = await stack.cli(...args, '--json');
  if (code !== 0) throw new Error(`waht ${args.join(' ')}: ${output}`);
  return JSON.parse(output.slice(output.indexOf('{'))) as Record<string, string>;
}
