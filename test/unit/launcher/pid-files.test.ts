import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPidFile, stopOrphan, writePidFile } from '../../../src/infrastructure/embedded/launcher/pid-file';
import {
  type ProcessIdentity,
  identify,
  isAlive,
  parseProcStat,
} from '../../../src/infrastructure/embedded/launcher/process-identity';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waht-unit-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A process that does nothing until it is killed. */
function sleeper(script = 'setInterval(() => {}, 1000)'): { child: ChildProcess; identity: ProcessIdentity } {
  const child = spawn(process.execPath, ['-e', script], { detached: true, stdio: 'ignore' });
  children.push(child);
  const identity = identify(child.pid ?? 0);
  if (!identity) throw new Error('the process is not there');
  return { child, identity };
}

const ended = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.once('exit', resolve));

describe('the identity of a process', () => {
  it('reads state and start behind a name that itself holds brackets and spaces', () => {
    const line = `4711 (a) b) (c) S 1 4711 4711 0 -1 4194304 170 0 0 0 1 2 0 0 20 0 1 0 987654 2424832 207`;
    expect(parseProcStat(line)).toEqual({ state: 'S', startTicks: '987654' });
  });

  it('stays the same while a process runs and differs between processes', () => {
    const one = sleeper();
    const other = sleeper();
    expect(identify(one.identity.pid)).toEqual(one.identity);
    expect(isAlive(one.identity)).toBe(true);
    expect(other.identity).not.toEqual(one.identity);
  });

  it('is gone with the process', async () => {
    const { child, identity } = sleeper();
    child.kill('SIGKILL');
    await ended(child);
    expect(identify(identity.pid)).toBeUndefined();
    expect(isAlive(identity)).toBe(false);
  });

  it('is not that of a later process with the same pid', () => {
    const { identity } = sleeper();
    expect(isAlive({ ...identity, started: `${identity.started}0` })).toBe(false);
  });
});

describe('a pid file', () => {
  it('leads to the orphan, which is asked to end', async () => {
    const { child, identity } = sleeper();
    const file = join(folder, 'a.json');
    writePidFile(file, { ...identity, folder });
    const exit = ended(child);
    expect(await stopOrphan(file, folder, 'SIGTERM', 5_000)).toBe(true);
    await exit;
    expect(child.signalCode).toBe('SIGTERM');
    expect(existsSync(file)).toBe(false);
  });

  it('leads to the orphan, which is killed when it does not end in time', async () => {
    const { child, identity } = sleeper(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`);
    const file = join(folder, 'a.json');
    writePidFile(file, { ...identity, folder });
    const exit = ended(child);
    // The handler may not be set yet, so SIGCONT, which nobody dies of, stands for a request that is ignored.
    expect(await stopOrphan(file, folder, 'SIGCONT', 100)).toBe(true);
    await exit;
    expect(child.signalCode).toBe('SIGKILL');
  });

  it('never leads to another process that was given the same pid', async () => {
    const { child, identity } = sleeper();
    const file = join(folder, 'a.json');
    writePidFile(file, { pid: identity.pid, started: 'at another time', folder });
    expect(await stopOrphan(file, folder, 'SIGKILL', 0)).toBe(false);
    expect(isAlive(identity)).toBe(true);
    expect(child.signalCode).toBeNull();
    expect(existsSync(file)).toBe(false);
  });

  it('counts for its own data folder only, since a copied folder owns no process', async () => {
    const { identity } = sleeper();
    const file = join(folder, 'a.json');
    writePidFile(file, { ...identity, folder: '/somewhere/else' });
    expect(readPidFile(file, folder)).toBeUndefined();
    expect(await stopOrphan(file, folder, 'SIGKILL', 0)).toBe(false);
    expect(isAlive(identity)).toBe(true);
  });
});
