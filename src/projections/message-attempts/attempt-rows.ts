import type { RecordedEvent } from '../../application/ports/event-store';
import type { MessageEvent } from '../../domain/message/events';
import { eventOf } from '../shared/event-of';

/** Rows as they stand in Postgres: names of columns, times in ISO, revisions as decimal strings. */
export interface AttemptRow {
  readonly message_id: string;
  readonly attempt: number;
  readonly revision: string;
  readonly provider: string;
  readonly subject_id: string;
  readonly started_at: string;
  readonly status: 'open' | 'unknown' | 'accepted' | 'refused';
  readonly provider_message_id: string | null;
}

/** What an event says of an attempt begun in an earlier batch. */
export type AttemptChange = Pick<AttemptRow, 'message_id' | 'attempt' | 'revision' | 'status' | 'provider_message_id'>;

export interface WatchRow {
  readonly message_id: string;
  readonly revision: string;
  readonly subject_id: string;
  readonly attempts: number;
  readonly status: 'queued' | 'claimed' | 'unresolved';
  readonly look_at: string;
}

export const ATTEMPT_EVENTS = [
  'MessageQueued',
  'DispatchStarted',
  'MessageDispatched',
  'MessageOutcomeUnknown',
  'DispatchFailed',
  'MessageDelivered',
  'MessageFailed',
  'MessageExpired',
  'MessageCancelled',
] as const satisfies readonly MessageEvent['type'][];

type HandledEvent = Extract<MessageEvent, { type: (typeof ATTEMPT_EVENTS)[number] }>;

/** One message's rows while a batch is folded. */
export class MessageFold {
  readonly begun = new Map<number, AttemptRow>();
  readonly changed = new Map<number, AttemptChange>();
  ended = false;

  constructor(public watch: WatchRow | null) {}

  apply(recorded: RecordedEvent): void {
    const event = eventOf<HandledEvent>(recorded);
    const revision = recorded.revision.toString();
    const { messageId: message_id } = event.data;
    switch (event.type) {
      case 'MessageQueued': {
        const { subjectId: subject_id } = event.data;
        const look_at = recorded.metadata.at;
        this.watch = { message_id, revision, subject_id, attempts: 0, status: 'queued', look_at };
        return;
      }
      case 'DispatchStarted': {
        const { attempt, provider, startedAt: started_at } = event.data;
        const subject_id = this.watch?.subject_id ?? '';
        this.begun.set(attempt, {
          ...{ message_id, attempt, revision, provider, subject_id, started_at },
          ...{ status: 'open', provider_message_id: null },
        });
        this.look(revision, 'claimed', started_at, attempt);
        return;
      }
      case 'MessageDispatched':
        this.change(event.data, revision, 'accepted', event.data.providerMessageId);
        this.look(revision, 'unresolved', event.data.reportDeadline);
        return;
      case 'MessageOutcomeUnknown':
        if (event.data.reason !== 'no_report') this.change(event.data, revision, 'unknown', null);
        if (event.data.final) this.end();
        else this.look(revision, 'unresolved', event.data.reportDeadline);
        return;
      case 'DispatchFailed':
        this.change(event.data, revision, 'refused', null);
        this.look(revision, 'queued', recorded.metadata.at);
        return;
      case 'MessageDelivered':
        this.change(event.data, revision, 'accepted', event.data.providerMessageId);
        this.end();
        return;
      case 'MessageFailed':
      case 'MessageExpired':
      case 'MessageCancelled':
        this.end();
    }
  }

  private change(
    { messageId: message_id, attempt }: { messageId: string; attempt: number },
    revision: string,
    status: AttemptRow['status'],
    provider_message_id: string | null,
  ): void {
    const begun = this.begun.get(attempt);
    if (begun !== undefined) {
      const id = provider_message_id ?? begun.provider_message_id;
      this.begun.set(attempt, { ...begun, revision, status, provider_message_id: id });
      return;
    }
    const id = provider_message_id ?? this.changed.get(attempt)?.provider_message_id ?? null;
    this.changed.set(attempt, { message_id, attempt, revision, status, provider_message_id: id });
  }

  private look(revision: string, status: WatchRow['status'], look_at: string, attempts?: number): void {
    if (this.watch === null) return;
    this.watch = { ...this.watch, revision, status, look_at, attempts: attempts ?? this.watch.attempts };
  }

  private end(): void {
    this.ended = true;
    this.watch = null;
  }
}
