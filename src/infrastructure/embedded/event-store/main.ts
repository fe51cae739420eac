import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type RunningEventStore, startEventStore } from './event-store-server';

/** Says in one line why the store cannot go on, and ends the process. */
function fail(reason: string): never {
  process.stderr.write(`event store: ${reason.replace(/\s+/g, ' ').trim()}\n`);
  process.exit(1);
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface Options {
  readonly directory: string;
  readonly host: string;
  readonly port: number;
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: { data: { type: 'string' }, host: { type: 'string' }, port: { type: 'string' } },
    });
    const port = Number(values.port ?? '2113');
    if (!values.data) fail('--data DIRECTORY is missing.');
    if (!Number.isInteger(port) || port < 0 || port > 65535) fail(`--port ${values.port} is not a port.`);
    return { directory: values.data, host: values.host ?? '127.0.0.1', port };
  } catch (error) {
    return fail(reasonOf(error));
  }
}

function startError(error: unknown, { directory, host, port }: Options): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `port ${port} of ${host} is in use.`;
  if (code === 'EACCES') return `no permission: ${reasonOf(error)}`;
  return `cannot start with the data in ${directory}: ${reasonOf(error)}`;
}

async function main(): Promise<void> {
  // lmdb prints the stack of a failed write there; this process says what failed itself, in one line.
  console.error = () => undefined;
  process.on('uncaughtException', (error) => fail(reasonOf(error)));
  process.on('unhandledRejection', (error) => fail(reasonOf(error)));
  const options = readOptions();
  let running: RunningEventStore | undefined;
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    void (running?.stop() ?? Promise.resolve()).then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    mkdirSync(options.directory, { recursive: true });
    running = await startEventStore({ ...options, onFailure: (error) => fail(reasonOf(error)) });
  } catch (error) {
    fail(startError(error, options));
  }
  process.stdout.write(`${JSON.stringify({ ready: true, port: running.port })}\n`);
}

void main();
