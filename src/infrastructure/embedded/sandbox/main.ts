import { readSandboxConfig, SandboxConfigError } from './read-config';
import { startSandbox, type RunningSandbox } from './sandbox';

/** A stop that takes longer is cut short, before the launcher loses its patience at 5 s. */
const STOP_LIMIT_MS = 4_000;

async function main(): Promise<void> {
  let running: RunningSandbox | null = null;
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), STOP_LIMIT_MS).unref();
    const stopped = running === null ? Promise.resolve() : running.stop();
    stopped.then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  running = await startSandbox(readSandboxConfig(process.env));
  process.stdout.write(`${JSON.stringify({ ready: true, port: running.port, providers: running.providers })}\n`);
}

function fail(error: unknown): never {
  if (error instanceof SandboxConfigError) {
    process.stderr.write(error.problems.map((problem) => `sandbox: ${problem}\n`).join(''));
  } else {
    process.stderr.write(`sandbox: ${explain(error)}\n`);
  }
  process.exit(1);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error)
    return `port ${String(error.port)} is already in use`;
  return error.message;
}

main().catch(fail);
