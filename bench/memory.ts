import { existsSync, readFileSync } from 'node:fs';

/** Private memory of a process in MB: RssAnon, so that mapped file pages do not count. Null where the system does not say. */
export function privateMemoryMb(pid: number): number | null {
  const path = `/proc/${pid}/status`;
  if (!existsSync(path)) return null;
  const kib = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(path, 'utf8'))?.[1];
  return kib === undefined ? null : Math.round(Number(kib) / 1024);
}

/** Processor time a process has used so far, in ms (clock ticks of 10 ms). Null where the system does not say. */
export function processorMs(pid: number): number | null {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return null;
  const fields = readFileSync(path, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
