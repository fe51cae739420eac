import { FRAME_HEADER_BYTES, writeFrameHeader } from './grpc-frames';
import { bytesFieldSize, varintSize, writeBytesField, writeVarint } from './protobuf-writer';
import { type IdForm, type ResolvedEvent, originalEvent, recordedIn } from './recorded-event';
import { positionOf } from '../storage/revision';

interface Item {
  readonly framed?: Buffer;
  readonly event?: Buffer;
  readonly link?: Buffer;
  readonly position: number;
  readonly retryCount: number;
  /** Size of the `ReadEvent` within the message. */
  readonly inner: number;
}

const NO_RETRY_COUNT = -1;

/**
 * Lays out many messages of a read or subscription in one buffer, so that they go out in one write. Both services'
 * `ReadResp` have the event in field 1: { event = 1, link = 2, commit_position = 3, retry_count = 5 }.
 */
export class EventMessages {
  private readonly items: Item[] = [];
  private bytes = 0;

  constructor(private readonly ids: IdForm) {}

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  /** Bytes laid out so far. */
  get size(): number {
    return this.bytes;
  }

  /** Adds an event; `retryCount` for persistent subscriptions only. */
  add(resolved: ResolvedEvent, retryCount = NO_RETRY_COUNT): void {
    const event = resolved.event && recordedIn(resolved.event, this.ids);
    const link = resolved.link && recordedIn(resolved.link, this.ids);
    const position = positionOf(originalEvent(resolved).sequence);
    const inner =
      (event ? bytesFieldSize(event.length) : 0) +
      (link ? bytesFieldSize(link.length) : 0) +
      1 +
      varintSize(position) +
      (retryCount === NO_RETRY_COUNT ? 0 : 1 + varintSize(retryCount));
    this.items.push({ event, link, position, retryCount, inner });
    this.bytes += FRAME_HEADER_BYTES + bytesFieldSize(inner);
  }

  /** Adds a message of another kind, framed already. */
  addFramed(framed: Buffer): void {
    this.items.push({ framed, position: 0, retryCount: NO_RETRY_COUNT, inner: 0 });
    this.bytes += framed.length;
  }

  /** Everything added so far, and begins anew. */
  take(): Buffer {
    const target = Buffer.allocUnsafeSlow(this.bytes);
    let at = 0;
    for (const item of this.items) at = writeItem(target, item, at);
    this.items.length = 0;
    this.bytes = 0;
    return target;
  }
}

function writeItem(target: Buffer, { framed, event, link, position, retryCount, inner }: Item, at: number): number {
  if (framed) return at + framed.copy(target, at);
  at = writeFrameHeader(target, bytesFieldSize(inner), at);
  target[at++] = 0x0a;
  at = writeVarint(target, inner, at);
  if (event) at = writeBytesField(target, 1, event, at);
  if (link) at = writeBytesField(target, 2, link, at);
  target[at++] = 0x18;
  at = writeVarint(target, position, at);
  if (retryCount === NO_RETRY_COUNT) return at;
  target[at++] = 0x28;
  return writeVarint(target, retryCount, at);
}
