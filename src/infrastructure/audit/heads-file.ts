import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Its name within the folder of the audit. */
export const HEADS_FILE = 'heads.jsonl';
/** Longer than any line. */
const TAIL_BYTES = 16_384;
const LINE_END = 0x0a;

/** A file that is only ever appended to, a line at a time, each synced before it counts. Lines end with LF. */
export class HeadsFile {
  readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, HEADS_FILE);
  }

  /** Bytes; 0 where there is no file. */
  size(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Whole lines, and whether something that is no whole line follows them: what a crash leaves of an append. */
  read(): { readonly lines: string[]; readonly torn: boolean } {
    const lines = this.text().split('\n');
    const rest = lines.pop() ?? '';
    return { lines, torn: rest !== '' };
  }

  /** On disk when it returns. What a crash has left of an earlier append is cut off first: it was never acknowledged. */
  append(line: string): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const file = openSync(this.path, 'a+', 0o600);
    try {
      const { size } = fstatSync(file);
      const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
      readSync(file, tail, 0, tail.length, size - tail.length);
      const torn = tail.length - 1 - tail.lastIndexOf(LINE_END);
      if (torn > 0) ftruncateSync(file, size - torn);
      writeFileSync(file, `${line}\n`);
      fsyncSync(file);
      if (size === 0) syncFolder(dirname(this.path));
    } finally {
      closeSync(file);
    }
  }

  private text(): string {
    return this.size() === 0 ? '' : readFileSync(this.path, 'utf8');
  }
}

/** So that a new file's name is on disk too. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
