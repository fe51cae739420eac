import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** How an answer is printed: for people, or with `--json` for programs. */
export interface OutputOptions {
  readonly json?: boolean;
}

type Cell = string | number | boolean | null;

/** JSON on one line with `--json`, else what `text` makes of it. */
export function print<T>(value: T, { json }: OutputOptions, text: (value: T) => string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text(value)}\n`);
}

/** As one line without control characters: much of what is shown was written by strangers, and would command the terminal. */
function shown(cell: Cell): string {
  if (cell === null) return '–';
  return String(cell)
    .replace(/[\t\r\n]+/g, ' ')
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd');
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = rows.map((row) => row.map(shown));
  const widths = headings.map((heading, i) => Math.max(heading.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (texts: readonly string[], values?: readonly Cell[]): string =>
    texts
      .map((text, i) => (typeof values?.[i] === 'number' ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [
    line(headings),
    line(widths.map((width) => '─'.repeat(width))),
    ...cells.map((row, i) => line(row, rows[i])),
  ].join('\n');
}

/** One fact a line. */
export function facts(pairs: readonly (readonly [string, Cell])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}`).join('\n');
}

/** Hands `work` what writes as fast as whoever reads takes it. @param file a new one; undefined: the output */
export async function writeOut(
  file: string | undefined,
  work: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const out = file === undefined ? process.stdout : createWriteStream(file, { flags: 'wx' });
  await work(async (text) => {
    if (out.errored) throw out.errored;
    if (!out.write(text)) await once(out, 'drain');
  });
  if (out !== process.stdout) await new Promise<void>((resolve) => out.end(resolve));
}
