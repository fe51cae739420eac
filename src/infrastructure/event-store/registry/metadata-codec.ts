import type { Actor, EventMetadata } from '../../../domain/shared/event';

export type StoredMetadata = EventMetadata & { readonly schema: number };

const ACTOR_KINDS: ReadonlySet<unknown> = new Set<Actor['kind']>(['key', 'operator', 'provider', 'system']);

/** Read as what JSON.parse makes: none of the names asked for is one that every object inherits. */
const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null;

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
  if (!isObject(value)) throw new TypeError('metadata is no object');
  const { $correlationId: correlationId, $causationId: causationId, customerId, actor, schema, at } = value;
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
  if (!isObject(actor)) throw new TypeError('metadata without an actor');
  const { kind, id } = actor;
  if (!isActorKind(kind) || typeof id !== 'string') throw new TypeError('metadata with an actor that is none');
  return { kind, id };
}
