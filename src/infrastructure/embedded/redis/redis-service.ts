import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { writeFileAtomically } from '../launcher/json-file';
import type { Service } from '../launcher/service';
import { findRedis } from './find-redis';

/** What the embedded Redis is started with. */
export interface RedisOptions {
  /** Its own folder; made where missing. */
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  /** How many numbered databases it offers; 16 where left out. */
  readonly databases?: number;
  readonly say: (line: string) => void;
}

/** The URL under which clients reach it. */
export function redisUrl(options: Pick<RedisOptions, 'port' | 'password'>): string {
  return `redis://:${options.password}@127.0.0.1:${options.port}/0`;
}

/** The embedded Redis: a real server on loopback. It holds only what the log can rebuild. */
export function redisService(options: RedisOptions): Service {
  return {
    name: 'redis',
    title: 'Redis',
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
    readyWithinMs: 30_000,
    async command(cancelled) {
      const file = await findRedis(options.say, cancelled);
      mkdirSync(options.folder, { recursive: true, mode: 0o700 });
      // By file and not by arguments, which every user of the machine could read, the password among them.
      const configuration = `${options.folder}/redis.conf`;
      writeFileAtomically(configuration, redisConfiguration(options));
      return { file, args: [configuration], env: process.env, cwd: options.folder };
    },
    async missing() {
      const answer = await ask(options.port, `AUTH ${options.password}\r\nPING\r\n`);
      return answer === '+OK\r\n+PONG\r\n' ? undefined : `no answer to PING (${answer.trim() || 'nothing'})`;
    },
  };
}

/** The server's configuration file. */
export function redisConfiguration({ folder, port, password, databases = 16 }: RedisOptions): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${password}`,
    `dir ${JSON.stringify(folder)}`,
    `databases ${databases}`,
    'daemonize no',
    'appendonly no',
    // A save point makes a clean stop write a snapshot too, so that velocity counters survive it.
    'save 3600 1',
    // Caches may be lost; a full disk must not stop the sending of messages.
    'stop-writes-on-bgsave-error no',
    '',
  ].join('\n');
}

const ANSWER_WITHIN_MS = 1_000;
const EXPECTED_LINES = 2;

/** Sends commands and returns what came back within a second; an empty text where nobody listens. */
function ask(port: number, commands: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port });
    const end = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_WITHIN_MS, end);
    socket.once('error', end);
    socket.once('close', end);
    socket.once('connect', () => socket.write(commands));
    socket.on('data', (chunk) => {
      answer += chunk.toString('utf8');
      if (answer.split('\r\n').length > EXPECTED_LINES) end();
    });
  });
}
