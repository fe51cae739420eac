/** How long a sender or a prefix stays shut at a provider before it is tried again. Milliseconds. */
const SHUT_FOR_MS = 900_000;
/** One number that a provider refuses says little about its prefix; so many different ones do. */
const NUMBERS_TO_SHUT_A_PREFIX = 3;
/** `+` and so many digits: country and network. */
const PREFIX_LENGTH = 7;
const MOST_ENTRIES = 10_000;

/** What F! codes have shut at one provider: senders, and destinations by prefix. Monotonic milliseconds. */
export class ShutList {
  private readonly senders = new Map<string, number>();
  private readonly prefixes = new Map<string, { numbers: Set<string>; untilMs: number }>();

  shutSender(sender: string, nowMs: number): void {
    put(this.senders, sender, nowMs + SHUT_FOR_MS);
  }

  /** @returns whether its prefix is shut by now. */
  refuseDestination(number: string, nowMs: number): boolean {
    const prefix = number.slice(0, PREFIX_LENGTH);
    const known = this.prefixes.get(prefix);
    const entry = known === undefined || known.untilMs <= nowMs ? { numbers: new Set<string>(), untilMs: 0 } : known;
    if (entry.numbers.size < NUMBERS_TO_SHUT_A_PREFIX) entry.numbers.add(number);
    entry.untilMs = nowMs + SHUT_FOR_MS;
    put(this.prefixes, prefix, entry);
    return entry.numbers.size >= NUMBERS_TO_SHUT_A_PREFIX;
  }

  holds(sender: string, number: string, nowMs: number): boolean {
    const senderUntilMs = this.senders.get(sender);
    if (senderUntilMs !== undefined && nowMs < senderUntilMs) return true;
    const prefix = this.prefixes.get(number.slice(0, PREFIX_LENGTH));
    return prefix !== undefined && nowMs < prefix.untilMs && prefix.numbers.size >= NUMBERS_TO_SHUT_A_PREFIX;
  }
}

/** The oldest entry goes when there are too many. */
function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST_ENTRIES) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
