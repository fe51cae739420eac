import type { Database, RootDatabase } from 'lmdb';

/** One text as the handset received it, its parts joined. */
export interface ReceivedText {
  /** E.164. */
  to: string;
  from: string;
  body: string;
  channel: 'sms';
  provider: string;
  tier: string;
  provider_message_id: string;
  segments: number;
  /** RFC 3339, UTC. */
  received_at: string;
}

export interface InboxRow extends ReceivedText {
  /** `inb_` and a number that only grows, also over restarts and clearing. */
  id: string;
}

/** A text written on a handset, kept so that the page can show it in the conversation. */
export interface Reply {
  id: string;
  from: string;
  to: string;
  body: string;
  /** The provider that takes it to the application, null when none is configured for inbound. */
  provider: string | null;
  sent_at: string;
}

export interface InboxPage {
  data: InboxRow[];
  next_cursor: string | null;
}

const TRIM_STEP = 1_000;
const REPLIES_CAP = 1_000;
const ID = /^(?:inb|rep)_(\d{12})$/;

/** The number in a row's id, or null when it is not one. */
export function sequenceOf(id: string): number | null {
  const digits = ID.exec(id)?.[1];
  return digits === undefined ? null : Number(digits);
}

/**
 * What the handsets received, newest `cap` rows, in LMDB. Writes of one event-loop turn are one transaction; the promise
 * of the environment's `committed` says when they can be read and survive the death of this process.
 */
export class InboxStore {
  private readonly rows: Database<ReceivedText, number>;
  private readonly byHandset: Database<true, [string, number]>;
  private readonly replies: Database<Reply, number>;
  private readonly meta: Database<number, string>;
  private nextSequence: number;
  private oldest: number;
  private nextReply: number;

  constructor(
    env: RootDatabase,
    private readonly cap: number,
  ) {
    this.rows = env.openDB('inbox', {});
    this.byHandset = env.openDB('inbox-by-handset', {});
    this.replies = env.openDB('replies', {});
    this.meta = env.openDB('inbox-meta', {});
    this.nextSequence = Math.max(lastKey(this.rows) + 1, this.meta.get('next') ?? 1);
    this.nextReply = Math.max(lastKey(this.replies) + 1, this.meta.get('next-reply') ?? 1);
    this.oldest = firstKey(this.rows) ?? this.nextSequence;
  }

  /** The newest row's number, 0 when there never was one. */
  get newest(): number {
    return this.nextSequence - 1;
  }

  /** Puts the text into the transaction of this turn. */
  add(text: ReceivedText): void {
    const sequence = this.nextSequence;
    this.nextSequence += 1;
    void this.rows.put(sequence, text);
    void this.byHandset.put([text.to, sequence], true);
    if (this.nextSequence - this.oldest >= this.cap + TRIM_STEP) this.trim(this.nextSequence - this.cap);
  }

  addReply(reply: Omit<Reply, 'id'>): Reply {
    const sequence = this.nextReply;
    this.nextReply += 1;
    const row: Reply = { id: `rep_${String(sequence).padStart(12, '0')}`, ...reply };
    void this.replies.put(sequence, row);
    if (sequence > REPLIES_CAP) void this.replies.remove(sequence - REPLIES_CAP);
    return row;
  }

  /** Rows after number `after`, oldest first, of one handset or of all. `limit` rows and the cursor to go on with. */
  page(after: number, limit: number, to?: string): InboxPage {
    const sequences: number[] = [];
    if (to === undefined) {
      for (const key of this.rows.getKeys({ start: after + 1, limit: limit + 1 })) sequences.push(key);
    } else {
      const range = { start: [to, after + 1], end: [to, Number.MAX_SAFE_INTEGER], limit: limit + 1 };
      for (const key of this.byHandset.getKeys(range)) sequences.push(key[1]);
    }
    const data = this.read(sequences.slice(0, limit));
    return { data, next_cursor: sequences.length > limit ? (data.at(-1)?.id ?? null) : null };
  }

  /** The newest rows after number `after`, oldest first, at most `limit`. */
  newestAfter(after: number, limit: number): InboxRow[] {
    const sequences: number[] = [];
    const range = { start: Number.MAX_SAFE_INTEGER, end: after, reverse: true, limit };
    for (const key of this.rows.getKeys(range)) sequences.push(key);
    return this.read(sequences.reverse());
  }

  /** The last text that a handset received. */
  newestTo(to: string): InboxRow | null {
    const range = { start: [to, Number.MAX_SAFE_INTEGER], end: [to, 0], reverse: true, limit: 1 };
    for (const key of this.byHandset.getKeys(range)) return this.read([key[1]])[0] ?? null;
    return null;
  }

  newestReplies(limit: number): Reply[] {
    const found: Reply[] = [];
    for (const { value } of this.replies.getRange({ reverse: true, limit })) found.push(value);
    return found.reverse();
  }

  /** Empties inbox and replies. Numbers go on from where they were, so that no cursor ever skips a new row. */
  async clear(): Promise<void> {
    void this.meta.put('next', this.nextSequence);
    void this.meta.put('next-reply', this.nextReply);
    this.oldest = this.nextSequence;
    await Promise.all([this.rows.clearAsync(), this.byHandset.clearAsync(), this.replies.clearAsync()]);
  }

  private read(sequences: readonly number[]): InboxRow[] {
    const found: InboxRow[] = [];
    for (const sequence of sequences) {
      const text = this.rows.get(sequence);
      if (text !== undefined) found.push({ id: `inb_${String(sequence).padStart(12, '0')}`, ...text });
    }
    return found;
  }

  private trim(upTo: number): void {
    for (let sequence = this.oldest; sequence < upTo; sequence += 1) {
      const text = this.rows.get(sequence);
      if (text !== undefined) void this.byHandset.remove([text.to, sequence]);
      void this.rows.remove(sequence);
    }
    this.oldest = upTo;
  }
}

function lastKey<V>(database: Database<V, number>): number {
  for (const key of database.getKeys({ reverse: true, limit: 1 })) return key;
  return 0;
}

function firstKey<V>(database: Database<V, number>): number | null {
  for (const key of database.getKeys({ limit: 1 })) return key;
  return null;
}
