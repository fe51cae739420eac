import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Private memory of a process in MB: RssAnon, so that mapped file pages do not count. Null where the system does not say. */
export function privateMemoryMb(pid: number): number | null {
  const path = `/proc/${pid}/status`;
  if (!existsSync(path)) return null;
  const kib = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(path, 'utf8'))?.[1];
  return kib === undefined ? null : Math.round(Number(kib) / 1024);
}

/** Of `/proc/PID/stat`: the parent, and the processor time used so far in ms (clock ticks of 10 ms). Null: it has ended. */
function statOf(pid: number | string): { readonly parent: number; readonly ms: number } | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return { parent: Number(fields[1]), ms: (Number(fields[11]) + Number(fields[12])) * 10 };
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))) return null;
    throw error;
  }
}

/** Processor time that processes and their children have used so far, in ms. Null where the system does not say. */
export function processorMs(pids: readonly number[]): number | null {
  if (!existsSync('/proc/self/stat')) return null;
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const wanted = new Set(pids);
  let ms = 0;
  for (const pid of all) {
    const stat = statOf(pid);
    if (stat !== null && (wanted.has(Number(pid)) || wanted.has(stat.parent))) ms += stat.ms;
  }
  return ms;
}
