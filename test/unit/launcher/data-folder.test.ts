import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolder, LEAST_FREE_BYTES, assertRoom } from '../../../src/infrastructure/embedded/launcher/data-folder';
import { takeDataFolder } from '../../../src/infrastructure/embedded/launcher/data-lock';
import { clearLine } from '../../../src/infrastructure/embedded/launcher/failure';
import { RememberedPorts, isFree } from '../../../src/infrastructure/embedded/launcher/ports';
import { loadSecrets } from '../../../src/infrastructure/embedded/launcher/secrets';
import { redisConfiguration } from '../../../src/infrastructure/embedded/redis/redis-service';
import { createServer } from 'node:net';

let parent: string;
let folder: DataFolder;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'waht-unit-'));
  folder = DataFolder.open(join(parent, '.waht'));
});

afterEach(() => rmSync(parent, { recursive: true }));

describe('the data folder', () => {
  it('is closed to other users', () => {
    expect(statSync(folder.root).mode & 0o777).toBe(0o700);
  });

  it('belongs to one launcher at a time', () => {
    const release = takeDataFolder(folder);
    expect(() => takeDataFolder(folder)).toThrow(`Another start (process ${process.pid}) is using ${folder.root}.`);
    release();
    takeDataFolder(folder)();
  });

  it('is taken over from a launcher that is gone, also where its pid runs something else by now', () => {
    const gone = { pid: process.pid, started: 'at another time', folder: folder.root };
    writeFileSync(folder.pidFile('launcher'), JSON.stringify(gone));
    takeDataFolder(folder)();
    writeFileSync(folder.pidFile('launcher'), 'damaged');
    takeDataFolder(folder)();
  });

  it('is refused in one line where its disk is full', () => {
    expect(() => assertRoom(folder.root, LEAST_FREE_BYTES)).not.toThrow();
    expect(() => assertRoom(folder.root, LEAST_FREE_BYTES - 1)).toThrow(/^The disk is full: 63 MiB are free at .*$/);
  });
});

describe('a failure of the system', () => {
  it('is told in one clear line', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', path: '/d' });
    expect(clearLine(full)).toBe(
      'The disk is full: nothing more can be written (/d). Free some space and start again.',
    );
    expect(clearLine(new Error('first line\n    at second line'))).toBe('first line at second line');
    expect(clearLine('x'.repeat(1_000)).length).toBe(300);
  });
});

describe('secrets', () => {
  it('are drawn once and kept for their owner alone', () => {
    const file = folder.path('secrets.json');
    const drawn = loadSecrets(file);
    expect(loadSecrets(file)).toEqual(drawn);
    expect(Buffer.from(drawn.master_key, 'base64url')).toHaveLength(32);
    expect(new Set(Object.values(drawn)).size).toBe(Object.keys(drawn).length);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('are never drawn anew over a damaged file', () => {
    const file = folder.path('secrets.json');
    loadSecrets(file);
    chmodSync(file, 0o600);
    writeFileSync(file, '{"installation_id": "x"');
    expect(() => loadSecrets(file)).toThrow('is damaged');
    expect(readFileSync(file, 'utf8')).toBe('{"installation_id": "x"');
  });
});

describe('ports', () => {
  it('stay the same from start to start, and give way to another program', async () => {
    const file = folder.path('ports.json');
    const port = await new RememberedPorts(file).portFor('redis');
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_000);
    expect(await new RememberedPorts(file).portFor('redis')).toBe(port);
    const other = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    expect(await isFree(port)).toBe(false);
    expect(await new RememberedPorts(file).portFor('redis')).not.toBe(port);
    await new Promise((resolve) => other.close(resolve));
  });
});

describe("Redis's configuration", () => {
  it('keeps to loopback, asks for the password and writes a snapshot at a clean stop', () => {
    const say = (): void => undefined;
    const lines = redisConfiguration({ folder: '/a b/redis', port: 1234, password: 'secret', say }).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['bind 127.0.0.1', 'port 1234', 'requirepass secret', 'dir "/a b/redis"', 'save 3600 1']),
    );
  });
});
