import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Server, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { StoreFailure } from './log-store';

const DATA = 'data.mdb';
const STATE = 'store.json';
const LOCK = 'server.sock';
const FORMAT = 1;

/** What `store.json` says: that there is a store here, and, after an orderly stop, which state of the data was checked. */
interface StoreState {
  readonly format: number;
  /** Size and time of change of the data at the last orderly stop. */
  readonly stoppedWith?: string;
}

/**
 * The folder of a store: one server at a time, and no start with data that was damaged while no one looked.
 */
export class DataDirectory {
  private constructor(
    private readonly path: string,
    private readonly lock: Server,
  ) {}

  /**
   * Takes the folder for this process; `checkCommand` is the command line that walks through the data and exits with 0
   * if it is sound. Throws StoreFailure if another server has the folder or the data is damaged.
   */
  static async open(path: string, checkCommand: readonly string[]): Promise<DataDirectory> {
    mkdirSync(path, { recursive: true });
    const lock = await takeLock(path);
    const directory = new DataDirectory(path, lock);
    directory.verify(checkCommand);
    return directory;
  }

  /** Notes that the data is as an orderly stop left it, so that the next start need not check it. */
  release(): void {
    try {
      this.writeState({ format: FORMAT, stoppedWith: this.fingerprint() });
    } catch {
      // On a full disk this note is lost, and the next start checks the data once more.
    }
    // Closing removes the socket by the path it was made with, which is relative to the folder.
    inDirectory(this.path, () => this.lock.close());
  }

  private verify(checkCommand: readonly string[]): void {
    const state = this.readState();
    if (!state) return this.writeState({ format: FORMAT });
    if (state.format !== FORMAT) throw new StoreFailure(`its format ${state.format} is not known to this version.`);
    const dataPath = join(this.path, DATA);
    if (!existsSync(dataPath) || statSync(dataPath).size === 0) throw damaged(`${DATA} is missing or empty`);
    if (state.stoppedWith === this.fingerprint()) return;
    check(checkCommand);
  }

  private fingerprint(): string {
    const { size, mtimeMs } = statSync(join(this.path, DATA));
    return `${size} ${mtimeMs}`;
  }

  private readState(): StoreState | undefined {
    const file = join(this.path, STATE);
    if (!existsSync(file)) return existsSync(join(this.path, DATA)) ? { format: FORMAT } : undefined;
    try {
      const state: StoreState = JSON.parse(readFileSync(file, 'utf8'));
      return state;
    } catch {
      // Half a note, from a crash while it was written, is no note: the data itself is checked instead.
      return { format: FORMAT };
    }
  }

  private writeState(state: StoreState): void {
    writeFileSync(join(this.path, STATE), JSON.stringify(state));
  }
}

/**
 * Reading a damaged or cut off memory map can end a process by a signal. So another process walks through the data
 * first, and this one reports how that went.
 */
function check([command, ...parameters]: readonly string[]): void {
  if (command === undefined) return;
  const { status, signal, stderr, error } = spawnSync(command, parameters, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw damaged(stderr.trim() || `reading it ended with ${signal ?? status}`);
}

const damaged = (how: string): StoreFailure =>
  new StoreFailure(`the data is damaged (${how}); restore it from a backup, or remove the folder to begin anew.`);

/**
 * A socket in the folder is the lock: the system lets go of it when its process ends, however that happens.
 * Its path is used relative to the folder, since the length of a socket's path is limited.
 */
async function takeLock(path: string): Promise<Server> {
  if (existsSync(join(path, LOCK))) {
    if (await inDirectory(path, () => answers(LOCK))) throw new StoreFailure('another event store is running on it.');
    rmSync(join(path, LOCK), { force: true });
  }
  return inDirectory(path, () => listen(LOCK));
}

/** Runs `work` with the folder as the working directory; sockets look up their path before they return. */
function inDirectory<T>(path: string, work: () => T): T {
  const before = process.cwd();
  process.chdir(path);
  try {
    return work();
  } finally {
    process.chdir(before);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => resolve(server.unref()));
  });
}
