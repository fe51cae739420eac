/** A fact: a past-tense type and its payload (JSON only). */
export interface DomainEvent<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Data;
}

/** Who caused an event. `id` is a key id, an operator id, a provider's name or a process's name. */
export interface Actor {
  readonly kind: 'key' | 'operator' | 'provider' | 'system';
  readonly id: string;
}

/** Stands beside every event. `schema` is added by the codec: the version of the payload as stored. */
export interface EventMetadata {
  /** One for everything that follows from one request. */
  readonly correlationId: string;
  /** Id of the command or of the event that led to this one. */
  readonly causationId: string;
  /** Null where no customer is concerned. */
  readonly customerId: string | null;
  readonly actor: Actor;
  /** RFC 3339 UTC with milliseconds: when the command was accepted. */
  readonly at: string;
}

/** Live money and real providers, or simulated ones and the test wallet. */
export type Mode = 'live' | 'test';
