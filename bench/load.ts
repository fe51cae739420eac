import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { LoadJob, LoadResult } from './load-process';

/** Runs one job in a load generator of its own process. @throws Error with what the process said. */
export function load(job: LoadJob): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(__dirname, 'load-process.js')], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve(JSON.parse(out) as LoadResult);
      else reject(new Error(`the load generator failed: ${said}`));
    });
    child.stdin.end(JSON.stringify(job));
  });
}

/** Keeps numbers of different runs apart, so that "new recipient" means new. */
let nextRecipient = 0;
export function freshRecipients(count: number): number {
  const first = nextRecipient;
  nextRecipient = (nextRecipient + count) % 8_000_000;
  return first;
}

/** The body of a request. @param recipient 0 to 8 999 999. */
export const messageTo = (recipient: number, n: number): string =>
  `{"to":"+25471${String(1_000_000 + recipient).slice(-7)}","channel":"sms","body":"Your order #${n} has shipped.","sender_id":"WAHT"}`;
