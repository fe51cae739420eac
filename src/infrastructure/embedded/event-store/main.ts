import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type RunningEventStore, startEventStore } from './event-store-server';
import { DataDirectory } from './storage/data-directory';
import { checkData } from './storage/integrity';

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
  /** Only look whether the data is sound. */
  readonly check: boolean;
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        data: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        check: { type: 'boolean' },
      },
    });
    const port = Number(values.port ?? '2113');
    if (!values.data) fail('--data DIRECTORY is missing.');
    if (!Number.isInteger(port) || port < 0 || port > 65535) fail(`--port ${values.port} is not a port.`);
    return { directory: resolve(values.data), host: values.host ?? '127.0.0.1', port, check: values.check ?? false };
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
  if (options.check) return runCheck(options.directory);
  let stop = (): Promise<void> => Promise.resolve();
  let isStopping = false;
  const onSignal = (): void => {
    if (isStopping) return;
    isStopping = true;
    void stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
    const running = await start(options);
    stop = running.stop;
    process.stdout.write(`${JSON.stringify({ ready: true, port: running.port })}\n`);
  } catch (error) {
    fail(startError(error, options));
  }
}

async function start(options: Options): Promise<RunningEventStore> {
  const checkCommand = [process.execPath, __filename, '--check', '--data', options.directory];
  const directory = await DataDirectory.open(options.directory, checkCommand);
  const running = await startEventStore({ ...options, onFailure: (error) => fail(reasonOf(error)) });
  return {
    port: running.port,
    stop: async () => {
      await running.stop();
      directory.release();
    },
  };
}

async function runCheck(directory: string): Promise<void> {
  try {
    await checkData(directory);
  } catch (error) {
    process.stderr.write(reasonOf(error));
    process.exit(1);
  }
}

void main();
