import { isIPv6 } from 'node:net';

/** A minute and address. */
export const MOST_BAD_KEYS = 1_000;
const WINDOW_MS = 60_000;
const MOST_ADDRESSES = 20_000;

interface Window {
  readonly endsAtMs: number;
  count: number;
}

/**
 * Counts refused keys by the caller's address, so that nobody can guess for long. An address over the limit gets 429 for
 * everything until its minute is over; others notice nothing. The count is this process's own.
 */
export class BadKeyLimiter {
  private readonly windows = new Map<string, Window>();

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** Seconds until the address may try again; 0: it may. */
  blockedForSeconds(ip: string): number {
    if (this.windows.size === 0) return 0;
    const window = this.windows.get(networkOf(ip));
    if (window === undefined || window.count < MOST_BAD_KEYS) return 0;
    return Math.max(0, Math.ceil((window.endsAtMs - this.nowMs()) / 1_000));
  }

  note(ip: string): void {
    const network = networkOf(ip);
    const now = this.nowMs();
    const window = this.windows.get(network);
    if (window !== undefined && window.endsAtMs > now) {
      window.count += 1;
      return;
    }
    this.windows.delete(network);
    this.windows.set(network, { endsAtMs: now + WINDOW_MS, count: 1 });
    if (this.windows.size > MOST_ADDRESSES) this.dropOldest();
  }

  private dropOldest(): void {
    const oldest = this.windows.keys().next();
    if (oldest.done !== true) this.windows.delete(oldest.value);
  }
}

/** One subscriber of IPv6 has a whole /64 of addresses. */
function networkOf(ip: string): string {
  if (!isIPv6(ip) || ip.startsWith('::ffff:')) return ip;
  const [head = ''] = ip.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  while (groups.length < 4) groups.push('0');
  return groups.slice(0, 4).join(':');
}
