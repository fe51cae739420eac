import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient, NO_STREAM, START, jsonEvent } from '@eventstore/db-client';
import { SYNC_OPTIONS } from '../../../src/infrastructure/embedded/event-store/storage/log-store';
import { EmbeddedServer, removeDirectory, temporaryDirectory } from '../../support/event-store/embedded-server';

const event = (n: number) => jsonEvent({ type: 'Counted', data: { n } });

/** Appends to new streams, some at a time, until the server is gone; gives the names of those acknowledged. */
async function appendUntilGone(client: EventStoreDBClient, prefix: string, filler = ''): Promise<string[]> {
  const acknowledged: string[] = [];
  let next = 0;
  let isGone = false;
  const one = async (): Promise<void> => {
    while (!isGone) {
      const stream = `${prefix}-${next++}`;
      try {
        const filled = jsonEvent({ type: 'Counted', data: { n: 1, filler } });
        await client.appendToStream(stream, filled, { expectedRevision: NO_STREAM, deadline: 20_000 });
        acknowledged.push(stream);
      } catch {
        isGone = true;
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, one));
  return acknowledged;
}

async function streamsOf(client: EventStoreDBClient): Promise<Set<string>> {
  const streams = new Set<string>();
  for await (const { event: read } of client.readAll({ fromPosition: START })) if (read) streams.add(read.streamId);
  return streams;
}

describe('what the embedded event store has acknowledged', () => {
  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => removeDirectory(directory));

  it('outlives kill -9, again and again', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round++) {
      const server = await EmbeddedServer.start(directory);
      const client = EventStoreDBClient.connectionString(server.url);
      setTimeout(() => void server.kill(), 700);
      acknowledged.push(...(await appendUntilGone(client, `kill-${round}`)));
      await server.ending();
      await client.dispose();
    }
    const server = await EmbeddedServer.start(directory);
    const client = EventStoreDBClient.connectionString(server.url);
    const stored = await streamsOf(client);
    await client.dispose();
    await server.stop();
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(acknowledged.filter((stream) => !stored.has(stream))).toEqual([]);
  }, 60_000);

  it('outlives a full disk, which ends the server with one clear line', async () => {
    // A limit on the size of files fails writes as a full disk does, and needs no disk of its own.
    const limited = ['sh', '-c', 'ulimit -f 8192; exec "$@"', 'sh'];
    const server = await EmbeddedServer.start(directory, { under: limited });
    const client = EventStoreDBClient.connectionString(server.url);
    const acknowledged = await appendUntilGone(client, 'full', 'x'.repeat(10_000));
    const ending = await server.ending();
    await client.dispose();
    expect(ending).toMatchObject({ code: 1 });
    expect(ending.stderr).toMatch(/^event store: .*disk full.*\n$/);

    const again = await EmbeddedServer.start(directory);
    const reader = EventStoreDBClient.connectionString(again.url);
    const stored = await streamsOf(reader);
    await reader.appendToStream('after-full', event(1), { expectedRevision: NO_STREAM });
    await reader.dispose();
    await again.stop();
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(acknowledged.filter((stream) => !stored.has(stream))).toEqual([]);
  }, 60_000);

  it('outlives an orderly stop, which ends with exit code 0', async () => {
    const server = await EmbeddedServer.start(directory);
    const client = EventStoreDBClient.connectionString(server.url);
    await client.appendToStream('kept', [event(1), event(2)], { expectedRevision: NO_STREAM });
    await client.dispose();
    expect(await server.stop()).toMatchObject({ code: 0, stderr: '' });

    const again = await EmbeddedServer.start(directory);
    const reader = EventStoreDBClient.connectionString(again.url);
    const result = await reader.appendToStream('kept', event(3), { expectedRevision: 1n });
    await reader.dispose();
    await again.stop();
    expect(result.nextExpectedRevision).toBe(2n);
  });

  it('opens LMDB with every sync on and without a write map', () => {
    expect(SYNC_OPTIONS).toEqual({ overlappingSync: false, noSync: false, noMetaSync: false, useWritemap: false });
  });

  // Only Linux has a tracer that can be had without ceremony; what it proves holds for the same code elsewhere.
  const itOnLinux = process.platform === 'linux' ? it : () => undefined;
  itOnLinux(
    'is synced to the disk before the answer leaves',
    async () => {
      const appends = 5;
      const stream = (n: number): string => `synced-before-answer-${n}`;
      const trace = join(directory, 'trace');
      const server = await EmbeddedServer.start(join(directory, 'data'), { under: straceInto(trace) });
      const client = EventStoreDBClient.connectionString(server.url);
      for (let n = 0; n < appends; n++) {
        await client.appendToStream(stream(n), event(n), { expectedRevision: NO_STREAM, deadline: 20_000 });
      }
      await client.dispose();
      await server.stop();
      const calls = readCalls(readFileSync(trace, 'utf8'));
      for (let n = 0; n < appends; n++) expect(syncedBeforeAnswer(calls, stream(n))).toBe('written, synced, answered');
    },
    60_000,
  );
});

/** The command line of a tracer that writes the system calls of the server to a file; installed where it is missing. */
function straceInto(file: string): string[] {
  if (spawnSync('strace', ['-V']).status !== 0) {
    // A fresh machine has no lists of packages yet; where it cannot get them, what it has must do.
    spawnSync('apt-get', ['update'], { stdio: 'ignore' });
    const { status, stderr } = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'strace'], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`strace is needed and could not be installed: ${stderr}`);
  }
  const calls = 'trace=openat,write,writev,pwrite64,pwritev,fdatasync,fsync,msync,sendmsg,sendto';
  return ['strace', '-f', '-s', '65536', '-e', calls, '-o', file];
}

interface Call {
  readonly kind: 'data' | 'sync' | 'commit' | 'socket';
  readonly text: string;
}

/** The calls that matter, each at the moment it returned. */
function readCalls(trace: string): Call[] {
  const data = new Set<string>();
  const synchronous = new Set<string>();
  const begun = new Map<string, string>();
  const calls: Call[] = [];
  for (const line of trace.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(thread, rest);
      continue;
    }
    const text = rest.startsWith('<...') ? `${begun.get(thread) ?? ''}${rest}` : rest;
    const opened = /^openat\(.*data\.mdb", (\S+?)[,)].* = (\d+)$/.exec(text);
    if (opened) (/O_DSYNC/.test(opened[1] ?? '') ? synchronous : data).add(opened[2] ?? '');
    const [, name = '', descriptor = ''] = /^(\w+)\((\d+)/.exec(text) ?? [];
    if (/^(fdatasync|fsync)$/.test(name) && data.has(descriptor)) calls.push({ kind: 'sync', text });
    else if (/write/.test(name) && synchronous.has(descriptor)) calls.push({ kind: 'commit', text });
    else if (/write/.test(name) && data.has(descriptor)) calls.push({ kind: 'data', text });
    else if (/write|send/.test(name)) calls.push({ kind: 'socket', text });
  }
  return calls;
}

/** Follows one append: its record written, then synced, then the commit written through, and only then the answer. */
function syncedBeforeAnswer(calls: readonly Call[], stream: string): string {
  const mentions = (call: Call): boolean => call.text.includes(stream);
  const answered = calls.findIndex((call) => call.kind === 'socket' && mentions(call));
  const written = calls.findLastIndex((call, at) => at < answered && call.kind === 'data');
  const synced = calls.findIndex((call, at) => at > written && call.kind === 'sync');
  const committed = calls.findIndex((call, at) => at > synced && call.kind === 'commit');
  const recordWritten = calls.findIndex((call) => call.kind === 'data' && mentions(call));
  if (answered < 0 || recordWritten < 0 || recordWritten > written) return 'not seen';
  return written < synced && synced < committed && committed < answered
    ? 'written, synced, answered'
    : 'answered too early';
}

/** Overwrites every page of a file that holds one of these bytes with others, as a disk that lies does. */
function overwritePagesWith(file: string, needle: string): number {
  const bytes = readFileSync(file);
  let pages = 0;
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
    bytes.fill(0x5a, at, at + needle.length);
    pages++;
  }
  writeFileSync(file, bytes);
  return pages;
}

describe('an event store that cannot be served', () => {
  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => removeDirectory(directory));

  const oneLine = /^event store: .*\n$/;

  async function fill(): Promise<void> {
    const server = await EmbeddedServer.start(directory);
    const client = EventStoreDBClient.connectionString(server.url);
    for (let n = 0; n < 20; n++)
      await client.appendToStream(
        `filled-${n}`,
        Array.from({ length: 50 }, (_, k) => event(k)),
      );
    await client.dispose();
    await server.kill();
  }

  it('says that its port is in use', async () => {
    const server = await EmbeddedServer.start(join(directory, 'one'));
    const ending = await EmbeddedServer.startAndFail(join(directory, 'two'), { port: server.port });
    await server.stop();
    expect(ending).toMatchObject({ code: 1 });
    expect(ending.stderr).toMatch(oneLine);
    expect(ending.stderr).toContain('in use');
  });

  it('says that another one runs on its data', async () => {
    const server = await EmbeddedServer.start(directory);
    const ending = await EmbeddedServer.startAndFail(directory);
    await server.stop();
    expect(ending.code).toBe(1);
    expect(ending.stderr).toMatch(oneLine);
    expect(ending.stderr).toContain('another event store');
  });

  it.each([
    ['is cut off at its end', (file: string) => truncateSync(file, Math.floor(statSync(file).size * 0.7))],
    ['is empty', (file: string) => truncateSync(file, 0)],
  ])('says that its data %s, and does not begin anew', async (_, damage) => {
    await fill();
    const file = join(directory, 'data.mdb');
    expect(existsSync(file)).toBe(true);
    damage(file);
    const ending = await EmbeddedServer.startAndFail(directory);
    expect(ending.code).toBe(1);
    expect(ending.stderr).toMatch(oneLine);
    expect(ending.stderr).toContain('damaged');
  });

  it('says that an event is not what was written, and does not serve it', async () => {
    await fill();
    expect(overwritePagesWith(join(directory, 'data.mdb'), 'filled-19')).toBeGreaterThan(0);
    const ending = await EmbeddedServer.startAndFail(directory);
    expect(ending.code).toBe(1);
    expect(ending.stderr).toMatch(oneLine);
    expect(ending.stderr).toContain('damaged');
  });

  it('says that pages of its newest data are gone', async () => {
    await fill();
    const file = join(directory, 'data.mdb');
    const bytes = readFileSync(file);
    // The two pages at the front say where all others are; the rest is what a torn write leaves as zeros.
    bytes.fill(0, 2 * 4096);
    writeFileSync(file, bytes);
    const ending = await EmbeddedServer.startAndFail(directory);
    expect(ending.code).toBe(1);
    expect(ending.stderr).toMatch(oneLine);
    expect(ending.stderr).toContain('damaged');
  });

  it('says that its data has no beginning, and serves it once that is restored', async () => {
    await fill();
    const file = join(directory, 'data.mdb');
    const bytes = readFileSync(file);
    const before = Buffer.from(bytes);
    bytes.fill(0, 0, 2 * 4096);
    writeFileSync(file, bytes);
    const ending = await EmbeddedServer.startAndFail(directory);
    expect(ending.stderr).toMatch(oneLine);
    writeFileSync(file, before);
    const server = await EmbeddedServer.start(directory);
    await server.stop();
  });
});
