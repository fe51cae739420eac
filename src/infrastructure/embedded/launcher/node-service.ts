import type { Service } from './service';

/** What one of the program's own Node processes is started with. */
export interface NodeServiceOptions {
  readonly name: string;
  readonly title: string;
  /** The compiled entry file. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** Flags of node itself, before the entry file. */
  readonly nodeFlags?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stopGraceMs: number;
  readonly readyWithinMs: number;
  /** By default it is ready once it has printed a JSON line with `"ready":true`. */
  readonly missing?: Service['missing'];
}

export function nodeService(options: NodeServiceOptions): Service {
  return {
    name: options.name,
    title: options.title,
    stopSignal: 'SIGTERM',
    stopGraceMs: options.stopGraceMs,
    readyWithinMs: options.readyWithinMs,
    command: () =>
      Promise.resolve({
        file: process.execPath,
        args: [...(options.nodeFlags ?? []), options.entry, ...(options.args ?? [])],
        env: options.env,
      }),
    missing:
      options.missing ??
      ((output) => Promise.resolve(saysReady(output) ? undefined : 'it has not said that it is ready')),
  };
}

/** Whether one of the printed lines is a JSON object with `"ready": true`. */
export function saysReady(output: string): boolean {
  return output.split('\n').some((line) => /^\{.*"ready":\s*true\b/.test(line));
}
