/** How an answer is printed: for people, or with `--json` for programs. */
export interface OutputOptions {
  readonly json?: boolean;
}

type Cell = string | number | boolean | null;

/** JSON on one line with `--json`, else what `text` makes of it. */
export function print<T>(value: T, { json }: OutputOptions, text: (value: T) => string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text(value)}\n`);
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (cell === null ? '–' : String(cell))));
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
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value === null ? '–' : String(value)}`).join('\n');
}
