import { type FSWatcher, watch } from 'node:fs';
import { hasCode, oneLine } from './failure';
import { readBytesFrom, sizeOf } from './log-files';

const LEVELS = ['warn', 'error', 'fatal'];
/** An outage makes the application say the same thing very often; the terminal gets so much of it, the log all. */
const MOST_LINES_IN_A_SECOND = 10;

/** A structured log line as one for the terminal, where it is a warning or worse; else undefined. */
export function complaintIn(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as { level?: unknown; msg?: unknown; err?: { message?: unknown } };
    if (typeof entry.level !== 'string' || !LEVELS.includes(entry.level)) return undefined;
    const parts = [entry.msg, entry.err?.message].filter((part) => typeof part === 'string' && part !== '');
    return `${entry.level.toUpperCase()} ${oneLine([...new Set(parts)].join(': '))}`;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Follows a log file from its present end and passes its complaints on. Driven by the system's notice, not by polling. */
export class ComplaintFollower {
  private offset: number;
  private second = 0;
  private toldInSecond = 0;
  private readonly watcher: FSWatcher | undefined;

  constructor(
    private readonly logFile: string,
    private readonly tell: (line: string) => void,
  ) {
    this.offset = Math.max(sizeOf(logFile), 0);
    this.watcher = this.startWatching();
  }

  stop(): void {
    this.watcher?.close();
  }

  private startWatching(): FSWatcher | undefined {
    try {
      return watch(this.logFile, { persistent: false }, () => this.read());
    } catch (error) {
      // The system has no watch to give (inotify's limit): everything is still in the log file.
      if (hasCode(error, 'ENOSPC', 'EMFILE', 'ENOENT')) return undefined;
      throw error;
    }
  }

  private read(): void {
    for (;;) {
      const bytes = readBytesFrom(this.logFile, this.offset);
      const end = bytes.lastIndexOf('\n') + 1;
      if (end === 0) return;
      // Only whole lines are taken, so that neither a line nor a character is ever cut in two.
      this.offset += end;
      for (const line of bytes.toString('utf8', 0, end).split('\n')) this.pass(line);
    }
  }

  private pass(line: string): void {
    const complaint = complaintIn(line);
    if (complaint === undefined) return;
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.toldInSecond = 0;
    }
    this.toldInSecond += 1;
    if (this.toldInSecond < MOST_LINES_IN_A_SECOND) this.tell(complaint);
    if (this.toldInSecond === MOST_LINES_IN_A_SECOND) this.tell(`… more in ${this.logFile}`);
  }
}
