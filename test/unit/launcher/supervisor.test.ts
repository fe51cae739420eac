import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolder } from '../../../src/infrastructure/embedded/launcher/data-folder';
import { EXIT_CONFIGURATION, type Service } from '../../../src/infrastructure/embedded/launcher/service';
import { Supervisor } from '../../../src/infrastructure/embedded/launcher/supervisor';

const READY = `console.log('{"ready":true}');`;
const STAY = 'setInterval(() => {}, 1000);';
const SAYS_ITS_END = `process.on('SIGTERM', () => { require('fs').appendFileSync(process.env.ENDED, process.env.NAME + '\\n'); process.exit(0); });`;

let root: string;
let folder: DataFolder;
let said: string[];
let gaveUp: Promise<string>;
let supervisor: Supervisor;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'waht-unit-'));
  folder = DataFolder.open(root);
  said = [];
  gaveUp = new Promise((resolve) => {
    supervisor = new Supervisor(folder, { said: (line) => said.push(line), gaveUp: resolve }, []);
  });
});

afterEach(async () => {
  supervisor.kill();
  await supervisor.stop();
  rmSync(root, { recursive: true });
});

/** A tiny child that runs a script. */
function fake(name: string, script: string, more: Partial<Service> = {}): Service {
  return {
    name,
    title: `the ${name}`,
    stopSignal: 'SIGTERM',
    stopGraceMs: 5_000,
    readyWithinMs: 10_000,
    command: () =>
      Promise.resolve({
        file: process.execPath,
        args: ['-e', script],
        env: { ...process.env, NAME: name, ENDED: join(root, 'ended') },
      }),
    missing: (output) => Promise.resolve(output.includes('"ready":true') ? undefined : 'the word'),
    ...more,
  };
}

describe('the supervisor', () => {
  it('starts a child that dies again five times in a minute, then gives up in one line', async () => {
    const runs = join(root, 'runs');
    const dies = `require('fs').appendFileSync(${JSON.stringify(runs)}, 'x'); ${READY} setTimeout(() => { console.error('fatal: no more'); process.exit(3); }, 20);`;
    await supervisor.start(fake('mayfly', dies));
    const line = await gaveUp;
    expect(readFileSync(runs, 'utf8')).toBe('xxxxxx');
    expect(said).toEqual(Array(5).fill('The mayfly ended (exit code 3: fatal: no more) and is started again.'));
    expect(line).toBe(
      `The mayfly died 6 times within a minute; last: exit code 3: fatal: no more. See ${folder.log('mayfly')}`,
    );
  }, 20_000);

  it('fails the start in one line, at the third try, where a child never serves', async () => {
    const broken = fake('broken', `throw new Error('no such luck')`);
    await expect(supervisor.start(broken)).rejects.toThrow(
      /^The broken will not start: exit code 1: Error: no such luck\. See .*broken\.log$/,
    );
    expect(said).toHaveLength(2);
  }, 20_000);

  it('does not start again what is not configured to start', async () => {
    const refuses = fake('refuser', `console.error('PORT is refused'); process.exit(${EXIT_CONFIGURATION})`);
    await expect(supervisor.start(refuses)).rejects.toThrow(
      /^The refuser will not start: exit code 78: PORT is refused\. See .*refuser\.log$/,
    );
    expect(said).toEqual([]);
  });

  it('kills what does not become ready in time and says what was missing', async () => {
    const mute = fake('mute', STAY, { readyWithinMs: 50 });
    await expect(supervisor.start(mute)).rejects.toThrow('it was not ready after 0 s: the word');
  }, 20_000);

  it('tells of a program that is not there', async () => {
    const absent = fake('absent', '', {
      command: () => Promise.resolve({ file: join(root, 'absent'), args: [], env: {} }),
    });
    await expect(supervisor.start(absent)).rejects.toThrow(/^The absent will not start: .*ENOENT/);
  });

  it('stops in the order asked for, one after the other, and starts nothing again', async () => {
    for (const name of ['a', 'b', 'c']) await supervisor.start(fake(name, `${SAYS_ITS_END} ${READY} ${STAY}`));
    await supervisor.stop(['b', 'c', 'a']);
    expect(readFileSync(join(root, 'ended'), 'utf8')).toBe('b\nc\na\n');
    expect(said).toEqual([]);
    for (const name of ['a', 'b', 'c']) expect(existsSync(folder.pidFile(name))).toBe(false);
  });

  it('kills a child that ignores the wish to stop', async () => {
    const stubborn = fake('stubborn', `process.on('SIGTERM', () => {}); ${READY} ${STAY}`, { stopGraceMs: 100 });
    await supervisor.start(stubborn);
    await supervisor.stop();
    expect(supervisor.pidOf('stubborn')).toBeUndefined();
  });

  it('can be stopped while a child is still starting', async () => {
    const slow = supervisor.start(fake('slow', STAY)).then(
      () => 'started',
      (error: unknown) => String(error),
    );
    await supervisor.stop();
    expect(await slow).toContain('Stopped.');
  });
});
