import type { ServerResponse } from 'node:http';
import type { ChangeFeed } from '../engine/change-feed';
import { sequenceOf, type InboxStore } from '../store/inbox-store';

const FLUSH_MS = 120;
const HEARTBEAT_MS = 15_000;
/** A page shows people what happens; of a burst they get the newest rows and the number left out. */
const MAX_ROWS = 300;
const MAX_REPLIES = 200;
const MAX_LISTENERS = 50;
/** A reader this far behind is skipped until it has caught up; its position is kept. */
const MAX_BUFFERED_BYTES = 1_048_576;

/**
 * Server-Sent Events for the page: `message` (an inbox row; its id is the event's, for Last-Event-ID), `skipped` {count},
 * `reply`, `providers`, `cleared`, and `hello` at the start. Each listener has a position in the inbox and reads from
 * there, so that a burst costs a reading per listener and tick, not an event per message.
 */
export class LiveStream {
  private readonly listeners = new Set<Listener>();
  private readonly heartbeat: NodeJS.Timeout;
  private readonly endListening: () => void;

  constructor(
    private readonly inbox: InboxStore,
    private readonly describeProviders: () => unknown,
    private readonly hello: unknown,
    feed: ChangeFeed,
  ) {
    this.heartbeat = setInterval(
      () => this.listeners.forEach((listener) => listener.write(': alive\n\n')),
      HEARTBEAT_MS,
    );
    this.heartbeat.unref();
    this.endListening = feed.listen((change) => {
      for (const listener of this.listeners) {
        listener.dirty.add(change);
        this.schedule(listener);
      }
    });
  }

  /** Takes over the response. False when there are too many listeners; then nothing was written. */
  open(response: ServerResponse, lastEventId: string | undefined): boolean {
    if (this.listeners.size >= MAX_LISTENERS) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    const known = lastEventId === undefined ? null : sequenceOf(lastEventId);
    // An id from before the data folder was emptied is worth nothing: start as a new reader.
    const resumes = known !== null && known <= this.inbox.newest;
    const listener = new Listener(response, resumes ? known : 0);
    this.listeners.add(listener);
    response.on('close', () => {
      this.listeners.delete(listener);
      listener.end();
    });
    listener.write(`retry: 1000\n\n${event('hello', { ...asObject(this.hello), resumed: resumes })}`);
    this.flush(listener, !resumes);
    return true;
  }

  stop(): void {
    clearInterval(this.heartbeat);
    this.endListening();
    for (const listener of this.listeners) listener.response.end();
  }

  private schedule(listener: Listener): void {
    if (listener.timer !== null) return;
    listener.timer = setTimeout(() => {
      listener.timer = null;
      if (listener.response.writableLength > MAX_BUFFERED_BYTES) this.schedule(listener);
      else this.flush(listener, false);
    }, FLUSH_MS);
  }

  private flush(listener: Listener, first: boolean): void {
    const changes = first ? new Set(['inbox', 'replies', 'providers']) : new Set<string>(listener.dirty);
    listener.dirty.clear();
    let text = changes.has('cleared') ? event('cleared', {}) : '';
    if (changes.has('replies') || changes.has('cleared') || first) {
      for (const reply of this.inbox.newestReplies(MAX_REPLIES)) {
        const sequence = sequenceOf(reply.id) ?? 0;
        if (sequence > listener.lastReply) text += event('reply', reply);
        listener.lastReply = Math.max(listener.lastReply, sequence);
      }
    }
    text += this.newRows(listener, first);
    if (changes.has('providers')) text += event('providers', this.describeProviders());
    if (text !== '') listener.write(text);
  }

  private newRows(listener: Listener, first: boolean): string {
    const rows = this.inbox.newestAfter(listener.position, MAX_ROWS);
    const newest = rows.at(-1);
    if (newest === undefined) return '';
    const reached = sequenceOf(newest.id) ?? listener.position;
    const skipped = reached - listener.position - rows.length;
    listener.position = reached;
    // Older rows that a new reader does not get are not news.
    const note = skipped > 0 && !first ? event('skipped', { count: skipped }) : '';
    return note + rows.map((row) => event('message', row, row.id)).join('');
  }
}

class Listener {
  readonly dirty = new Set<string>();
  timer: NodeJS.Timeout | null = null;
  lastReply = 0;

  constructor(
    readonly response: ServerResponse,
    public position: number,
  ) {}

  write(text: string): void {
    if (!this.response.writableEnded) this.response.write(text);
  }

  end(): void {
    if (this.timer !== null) clearTimeout(this.timer);
  }
}

function event(name: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
