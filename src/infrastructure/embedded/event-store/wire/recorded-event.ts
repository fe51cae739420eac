import { type StoredEvent, ID_FIELD_BYTES } from '../storage/record';
import { ProtobufReader } from './protobuf-reader';
import { varintSize, writeVarint } from './protobuf-writer';
import { structuredUuid } from './uuid';

/** How a client wants ids: as text, or as two int64. */
export type IdForm = 'string' | 'structured';

/** An event as a reader gets it: `event` missing if a link leads nowhere, `link` set if one was followed. */
export interface ResolvedEvent {
  readonly event: StoredEvent | undefined;
  readonly link: StoredEvent | undefined;
}

/** The event whose place in the log or stream counts: the link, where there is one. */
export const originalEvent = ({ event, link }: ResolvedEvent): StoredEvent => (link ?? event) as StoredEvent;

const FIELD_METADATA = 7;
const FIELD_DATA = 8;
const NO_BYTES = Buffer.alloc(0);

/** Data of an event: a view of its record. */
export const eventData = (event: StoredEvent): Buffer => bytesOf(event, FIELD_DATA);
/** Custom metadata of an event: a view of its record. */
export const eventMetadata = (event: StoredEvent): Buffer => bytesOf(event, FIELD_METADATA);

function bytesOf(event: StoredEvent, field: number): Buffer {
  const reader = new ProtobufReader(event.recorded);
  while (reader.next()) {
    if (reader.field === field) return reader.bytes();
    reader.skip();
  }
  return NO_BYTES;
}

/** The protobuf `RecordedEvent` with its id in the form asked for. */
export function recordedIn(event: StoredEvent, ids: IdForm): Buffer {
  if (ids === 'string') return event.recorded;
  const id = structuredUuid(event.id);
  const head = Buffer.allocUnsafe(1 + varintSize(id.length));
  head[0] = 0x0a;
  writeVarint(head, id.length, 1);
  return Buffer.concat([head, id, event.recorded.subarray(ID_FIELD_BYTES)]);
}
