import type { ReportCallback } from './delivery-reports';

export const INBOUND_READERS = Symbol('InboundReaders');
export const INBOUND_DOOR = Symbol('InboundDoor');
export const INBOUND_INBOX = Symbol('InboundInbox');

/** What comes to an address of its own: a text that a person sent, or word that a person wants no more of a sender. */
export type InboundKind = 'text' | 'opt_out';

/** One part of a long text. */
export interface TextPart {
  readonly reference: number;
  readonly total: number;
  /** From 1. */
  readonly number: number;
}

/** What a provider says of a text, in nobody's dialect. */
export interface TextReading {
  readonly kind: 'text';
  /** The same however often it is told; null where the provider gives none. */
  readonly providerTextId: string | null;
  /** E.164, or what the network calls the sender. */
  readonly from: string;
  /** As the provider writes it. */
  readonly to: string;
  readonly text: string;
  readonly part: TextPart | null;
  /** The provider has taken it for an opt-out, and acts on that itself. */
  readonly isOptOut: boolean;
}

export interface OptOutReading {
  readonly kind: 'opt_out';
  readonly sender: string;
  /** E.164. */
  readonly phone: string;
}

export type InboundReading = TextReading | OptOutReading;

/** Reads texts in each provider's own format. */
export interface InboundReaders {
  /** Null: not one that anybody could read; it is kept all the same. */
  readInbound(provider: string, kind: InboundKind, raw: Buffer): InboundReading | null;
}

/** Who may hand in texts, and how many come in one request. */
export interface InboundDoor {
  /** Each by itself, or why there is none: no such account, or a request that is not of its making. */
  admitInbound(
    provider: string,
    kind: InboundKind,
    callback: ReportCallback,
  ): readonly Buffer[] | 'unknown_provider' | 'not_genuine';
  /** Whether this provider would send what an answer says to the person. */
  answersAreTexts(provider: string): boolean;
}

/** A text as it lies in the inbox. */
export interface InboxText {
  /** UUID, derived from the provider's own id where there is one: event ids, and the message's, are derived from it. */
  readonly id: string;
  readonly provider: string;
  readonly kind: InboundKind;
  readonly raw: Buffer;
  /** ISO. */
  readonly receivedAt: string;
  /** How often it was looked at without an end. */
  readonly tries: number;
}

/** A part beside others of the same text. */
export interface InboxPart extends InboxText {
  /** It has become part of a message before. */
  readonly settled: boolean;
}

/**
 * What became of it: settled for good (the ids of all that went into it; `stray`: an opt-out from a sender that nobody has), parked because its number is nobody's, or to be
 * looked at again after a pause (milliseconds).
 */
export type TextVerdict =
  | {
      readonly kind: 'settled';
      readonly outcome: 'received' | 'opted_out' | 'duplicate' | 'stray' | 'unreadable';
      readonly ids: readonly string[];
    }
  | { readonly kind: 'parked'; readonly number: string; readonly ids: readonly string[] }
  | { readonly kind: 'later'; readonly pauseMs: number };

/** Texts that wait in Postgres for their message. Any process may put one in; each is handed out under a lease. */
export interface InboundInbox {
  /** Hands out texts until stopped. Throwing: it comes again after a pause. */
  start(handle: (text: InboxText) => Promise<TextVerdict>): void;
  /** All parts of the same text that came within a day of it, itself included, oldest first. */
  partsOf(text: InboxText): Promise<readonly InboxPart[]>;
  /** Forgets what was settled before `before` (ISO), a bounded number. What is parked stays. @returns how many */
  purge(before: string): Promise<number>;
  /** Takes no more and waits for those in hand. */
  stop(drainMs: number): Promise<void>;
}
