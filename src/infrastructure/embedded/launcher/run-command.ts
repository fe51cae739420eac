import { spawn } from 'node:child_process';

/** What became of a command that was run to its end. */
export interface CommandResult {
  /** Exit code; -1 where it could not be started or was ended by a signal. */
  readonly code: number;
  /** Both outputs together, in the order in which they came. */
  readonly output: string;
}

/** Who a command runs as and what it is given. */
export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
  readonly cancelled?: AbortSignal;
  /** Called once with the pid, so that a caller can find the command again after a crash of its own. */
  readonly started?: (pid: number) => void;
}

/** Runs a command to its end. A command that is missing or fails is a result, not an exception. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const { cancelled, started, ...rest } = options;
    let output = '';
    const child = spawn(file, [...args], { ...rest, signal: cancelled, stdio: ['ignore', 'pipe', 'pipe'] });
    const take = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', (error) => resolve({ code: -1, output: output || error.message }));
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
    if (child.pid !== undefined) started?.(child.pid);
  });
}
