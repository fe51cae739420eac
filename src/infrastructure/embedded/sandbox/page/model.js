/** What the page knows: handsets and their texts, bounded, so that a page left open beside a benchmark stays small. */
const MAX_PER_HANDSET = 300;
const MAX_HANDSETS = 1000;
const SEEN_KEY = 'waht-sandbox-seen';
const MAX_SEEN = 500;

export class Model {
  /** @type {Map<string, {number: string, texts: Map<string, object>, last: object, unread: number}>} */
  handsets = new Map();
  providers = [];
  inbound = false;
  gatewayUrl = null;
  chosen = null;
  #seen = readSeen();

  /** A text that a handset received. False when it was known already. */
  received(row) {
    return this.#add(row.to, { ...row, at: row.received_at, mine: false });
  }

  /** A text written on a handset. */
  sent(row) {
    return this.#add(row.from, { ...row, at: row.sent_at, mine: true });
  }

  clear() {
    this.handsets.clear();
    this.chosen = null;
  }

  choose(number) {
    this.chosen = number;
    this.markRead(number);
  }

  markRead(number) {
    const handset = this.handsets.get(number);
    if (handset === undefined || handset.unread === 0) return;
    handset.unread = 0;
    this.#seen.delete(number);
    this.#seen.set(number, handset.last.at);
    if (this.#seen.size > MAX_SEEN) this.#seen.delete(this.#seen.keys().next().value);
    writeSeen(this.#seen);
  }

  /** Handsets whose number has these digits, the one with the newest text first. */
  list(filter) {
    const digits = filter.replace(/\D/g, '').replace(/^0(?=\d)/, '');
    const found = [...this.handsets.values()].filter((handset) => handset.number.includes(digits));
    return found.sort((a, b) => (a.last.at < b.last.at ? 1 : a.last.at > b.last.at ? -1 : 0));
  }

  /** The chosen handset's texts in order of time. */
  conversation() {
    const handset = this.handsets.get(this.chosen);
    if (handset === undefined) return [];
    return [...handset.texts.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));
  }

  unread() {
    let sum = 0;
    for (const handset of this.handsets.values()) sum += handset.unread;
    return sum;
  }

  #add(number, text) {
    let handset = this.handsets.get(number);
    if (handset === undefined) {
      handset = { number, texts: new Map(), last: text, unread: 0 };
      this.handsets.set(number, handset);
    }
    if (handset.texts.has(text.id)) return false;
    handset.texts.set(text.id, text);
    if (text.at >= handset.last.at) handset.last = text;
    if (handset.texts.size > MAX_PER_HANDSET) handset.texts.delete(handset.texts.keys().next().value);
    if (!text.mine && text.at > (this.#seen.get(number) ?? '')) handset.unread += 1;
    if (this.handsets.size > MAX_HANDSETS) this.#forgetOldest();
    return true;
  }

  #forgetOldest() {
    const stale = this.list('').slice(MAX_HANDSETS * 0.8);
    for (const handset of stale) if (handset.number !== this.chosen) this.handsets.delete(handset.number);
  }
}

function readSeen() {
  try {
    return new Map(Object.entries(JSON.parse(localStorage.getItem(SEEN_KEY) ?? '{}')));
  } catch {
    // Without storage, or with something else in it, every text counts as unread.
    return new Map();
  }
}

function writeSeen(seen) {
  try {
    localStorage.setItem(SEEN_KEY, JSON.stringify(Object.fromEntries(seen)));
  } catch {
    // A browser without storage only forgets what was read.
    return;
  }
}
