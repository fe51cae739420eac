import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hasCode } from './failure';

/**
 * One process for good: the system hands a pid out again once its owner is gone, but never together with the same
 * moment of starting. `started` is opaque; it is only ever compared.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

/** The identity of a running process, or undefined where there is none (a zombie counts as gone). */
export function identify(pid: number): ProcessIdentity | undefined {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether exactly this process still runs, and not another one that got its pid. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.started === identity.started;
}

/** The command line of a running process, or an empty text. */
export function commandLine(pid: number): string {
  return ps(pid, 'args=');
}

/**
 * State and start (in clock ticks since boot) from a line of `/proc/<pid>/stat`. The command's name stands in
 * brackets and may itself hold spaces and brackets, so fields are counted from the last one.
 */
export function parseProcStat(line: string): { state: string; startTicks: string } | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = fields[19];
  return state && startTicks ? { state, startTicks } : undefined;
}

function startedOnLinux(pid: number): string | undefined {
  try {
    const stat = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (!stat || stat.state === 'Z' || stat.state === 'X') return undefined;
    // Ticks count from the boot, so without the boot's own id a process of before it could be mistaken for one of now.
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${stat.startTicks}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

function startedByPs(pid: number): string | undefined {
  const answer = ps(pid, 'stat=,lstart=').split(/\s+/);
  const [state, ...started] = answer;
  return !state || state.startsWith('Z') || started.length === 0 ? undefined : started.join(' ');
}

function ps(pid: number, columns: string): string {
  const answer = spawnSync('ps', ['-o', columns, '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return answer.status === 0 ? answer.stdout.trim() : '';
}
