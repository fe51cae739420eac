import Ajv, { type ValidateFunction } from 'ajv';
import type { NewEvent, RecordedEvent } from '../../../application/ports/event-store';
import type { UndecodableEvent } from '../../../application/ports/subscriptions';
import type { JsonObject } from '../../../domain/shared/json';
import type { EncodedEvent } from '../wire/batch-append-request';
import type { StoredEvent } from '../wire/stored-event';
import type { EventDefinition } from './event-definition';
import type { EventRegistry } from './event-registry';
import { decodeMetadata, encodeMetadata } from './metadata-codec';

export type DecodedEvent =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  | { readonly kind: 'undecodable'; readonly event: UndecodableEvent };

/** An event that may not be stored: a defect of ours, never the caller's. Holds no payload, which may be personal. */
export class InvalidEvent extends Error {
  constructor(type: string, detail: string) {
    super(`event ${type} may not be stored: ${detail}`);
    this.name = 'InvalidEvent';
  }
}

interface Codec {
  readonly definition: EventDefinition;
  readonly validate: ValidateFunction;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Writes events in their newest version, validated; reads every version ever written. Schemas are compiled once, here. */
export class EventCodec {
  private readonly codecs = new Map<string, Codec>();

  /** @throws Error where a type lacks an upcaster from one of its versions. */
  constructor(registry: EventRegistry) {
    const ajv = new Ajv({ strict: true, allErrors: false });
    for (const [type, definition] of registry) {
      for (let version = 1; version < definition.version; version++) {
        if (!definition.upcasters.has(version)) throw new Error(`${type} has no upcaster from version ${version}`);
      }
      this.codecs.set(type, { definition, validate: ajv.compile(definition.schema) });
    }
  }

  /** @throws InvalidEvent */
  encode({ id, event, metadata }: NewEvent): EncodedEvent {
    const codec = this.codecs.get(event.type);
    if (codec === undefined) throw new InvalidEvent(event.type, 'its type is not in the registry');
    if (!UUID.test(id)) throw new InvalidEvent(event.type, 'its id is no lower-case UUID');
    if (!codec.validate(event.data)) throw new InvalidEvent(event.type, describe(codec.validate));
    return {
      id,
      type: event.type,
      data: JSON.stringify(event.data),
      metadata: encodeMetadata(metadata, codec.definition.version),
    };
  }

  /** Whether this version knows the type and the version of its payload, which is not looked at. */
  isFamiliar({ type, metadata }: StoredEvent): boolean {
    const codec = this.codecs.get(type);
    if (codec === undefined) return false;
    try {
      return decodeMetadata(metadata.toString('utf8')).schema <= codec.definition.version;
    } catch {
      // Damaged: whoever decodes it finds out how.
      return false;
    }
  }

  /** Never throws: what cannot be read comes back as such, with its envelope. */
  decode(stored: StoredEvent): DecodedEvent {
    const codec = this.codecs.get(stored.type);
    if (codec === undefined) return undecodable(stored, 'unknown_type', 'its type is not in the registry');
    try {
      return this.read(stored, codec);
    } catch (error) {
      return undecodable(stored, 'corrupt', reason(error));
    }
  }

  private read(stored: StoredEvent, { definition, validate }: Codec): DecodedEvent {
    const metadata = decodeMetadata(stored.metadata.toString('utf8'));
    if (metadata.schema > definition.version) {
      return undecodable(stored, 'newer_version', `version ${metadata.schema} of at most ${definition.version}`);
    }
    const data = upcast(parseObject(stored.data), metadata.schema, definition);
    if (!validate(data)) return undecodable(stored, 'corrupt', describe(validate));
    const { id, stream, revision, type, position, created } = stored;
    return { kind: 'event', event: { id, stream, revision, type, data, metadata, position, created } };
  }
}

function upcast(data: JsonObject, from: number, definition: EventDefinition): JsonObject {
  let upcasted = data;
  for (let version = from; version < definition.version; version++) {
    const upcaster = definition.upcasters.get(version);
    if (upcaster === undefined) throw new Error(`no upcaster from version ${version}`);
    upcasted = upcaster(upcasted);
  }
  return upcasted;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseObject(bytes: Buffer): JsonObject {
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  if (!isObject(value)) throw new TypeError('the payload is no object');
  return value;
}

/** A parser's message may quote what it read, and that may be personal: only its kind is told. */
const reason = (error: unknown): string =>
  error instanceof SyntaxError ? 'it is not JSON' : error instanceof Error ? error.message : String(error);

/** The place and the rule that failed, without the value. */
function describe(validate: ValidateFunction): string {
  const [first] = validate.errors ?? [];
  return first === undefined ? 'it does not fit its schema' : `${first.instancePath || 'the payload'} ${first.message}`;
}

function undecodable(stored: StoredEvent, problem: UndecodableEvent['problem'], detail: string): DecodedEvent {
  const { id, stream, revision, type, position, created } = stored;
  return { kind: 'undecodable', event: { id, stream, revision, type, position, created, problem, detail } };
}
