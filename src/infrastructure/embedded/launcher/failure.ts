/**
 * A start or a run that cannot go on, told in the one line that the person at the terminal reads.
 * `message` is that line: it names what is wrong and, where there is one, the way out.
 */
export class LauncherFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LauncherFailure';
  }
}

/** Says in one line, without a stack trace, what went wrong. */
export function clearLine(error: unknown): string {
  if (error instanceof LauncherFailure) return error.message;
  const { code, path } = systemError(error);
  const where = path === undefined ? '' : ` (${path})`;
  switch (code) {
    case 'ENOSPC':
      return `The disk is full: nothing more can be written${where}. Free some space and start again.`;
    case 'EDQUOT':
      return `The disk quota is used up: nothing more can be written${where}. Free some space and start again.`;
    case 'EROFS':
      return `The data folder is on a read-only file system${where}. Set WAHT_DATA to a folder that can be written.`;
    case 'EACCES':
    case 'EPERM':
      return `Permission denied${where}. Set WAHT_DATA to a folder that belongs to you.`;
    default:
      return oneLine(error instanceof Error ? error.message : String(error));
  }
}

const LONGEST_LINE = 300;

/** Folds a text into one line of at most 300 characters. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE - 1)}…` : line;
}

/** Whether an error carries one of these system codes (`ENOENT`, `ESRCH`, …). */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  const code = systemError(error).code;
  return code !== undefined && codes.includes(code);
}

/** Told by its fields and not by its class: under a test runner an error of the system is of another realm's class. */
function systemError(error: unknown): { code?: string; path?: string } {
  if (typeof error !== 'object' || error === null) return {};
  const text = (field: string): string | undefined => {
    const value: unknown = Reflect.get(error, field);
    return typeof value === 'string' ? value : undefined;
  };
  return { code: text('code'), path: text('path') };
}
