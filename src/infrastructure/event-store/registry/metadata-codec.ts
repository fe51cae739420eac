import type { Actor, EventMetadata } from '../../../domain/shared/event';

export type StoredMetadata = EventMetadata & { readonly schema: number };

const ACTOR_KINDS: ReadonlySet<unknown> = new Set<Actor['kind']>(['key', 'operator', 'provider', 'system']);

const isActorKind = (kind: unknown): kind is Actor['kind'] => ACTOR_KINDS.has(kind);

/**
 * Metadata as stored: the store's own names for correlation and causation, so that its tools can follow them, and ours.
 * `schema` is the version of the payload.
 */
export function encodeMetadata(metadata: EventMetadata, schema: number): string {
  const { correlationId, causationId, customerId, actor, at } = metadata;
  return JSON.stringify({
    $correlationId: correlationId,
    $causationId: causationId,
    customerId,
    actor: { kind: actor.kind, id: actor.id },
    schema,
    at,
  });
}

/** @throws SyntaxError, TypeError where it is not what we write. */
export function decodeMetadata(json: string): StoredMetadata {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) throw new TypeError('metadata is no object');
  const correlationId = member(value, '$correlationId');
  const causationId = member(value, '$causationId');
  const customerId = member(value, 'customerId');
  const actor = member(value, 'actor');
  const schema = member(value, 'schema');
  const at = member(value, 'at');
  if (typeof correlationId !== 'string' || typeof causationId !== 'string' || typeof at !== 'string') {
    throw new TypeError('metadata without correlation, causation or time');
  }
  if (typeof schema !== 'number' || !Number.isInteger(schema) || schema < 1) {
    throw new TypeError('metadata without the version of its payload');
  }
  if (customerId !== null && typeof customerId !== 'string')
    throw new TypeError('metadata with a customer that is none');
  return { correlationId, causationId, customerId, actor: readActor(actor), at, schema };
}

function readActor(actor: unknown): Actor {
  if (typeof actor !== 'object' || actor === null) throw new TypeError('metadata without an actor');
  const kind = member(actor, 'kind');
  const id = member(actor, 'id');
  if (!isActorKind(kind) || typeof id !== 'string') throw new TypeError('metadata with an actor that is none');
  return { kind, id };
}

const member = (value: object, key: string): unknown =>
  Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
