import type { RecordedEvent } from '../../application/ports/event-store';
import type { MessageEvent } from '../../domain/message/events';
import { countsForHealth, isExcused } from '../../domain/routing/fault';
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
  readonly customer_id: string;
  /** ISO; null without an answer. */
  readonly answered_at: string | null;
  /** For the provider's health. */
  readonly counts: boolean;
  readonly report: 'delivered' | 'undelivered' | 'excused' | null;
  /** ISO. */
  readonly reported_at: string | null;
  /** Of the recipient, as MCC and MNC. */
  readonly network: string | null;
}

/** What an event says of an attempt begun in an earlier batch. */
export type AttemptChange = Pick<AttemptRow, 'message_id' | 'attempt' | 'revision'> & {
  readonly [Column in Changing]: AttemptRow[Column] | null;
};

/** Columns that later events fill in; null leaves a column as it is. */
type Changing = 'status' | 'provider_message_id' | 'answered_at' | 'counts' | 'report' | 'reported_at';

const NO_CHANGE: { readonly [Column in Changing]: null } = {
  status: null,
  provider_message_id: null,
  answered_at: null,
  counts: null,
  report: null,
  reported_at: null,
};

export interface WatchRow {
  readonly message_id: string;
  readonly revision: string;
  readonly subject_id: string;
  readonly attempts: number;
  readonly status: 'queued' | 'claimed' | 'unresolved';
  readonly look_at: string;
  readonly network: string | null;
}

export const ATTEMPT_EVENTS = [
  'MessageQueued',
  'MessageScheduled',
  'MessageRescheduled',
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
        const { subjectId: subject_id, network } = event.data;
        const look_at = recorded.metadata.at;
        this.watch = { message_id, revision, subject_id, attempts: 0, status: 'queued', look_at, network };
        return;
      }
      case 'MessageScheduled': {
        const { subjectId: subject_id, sendAt: look_at, network } = event.data;
        this.watch = { message_id, revision, subject_id, attempts: 0, status: 'queued', look_at, network };
        return;
      }
      case 'MessageRescheduled':
        this.look(revision, 'queued', event.data.sendAt);
        return;
      case 'DispatchStarted': {
        const { attempt, provider, startedAt: started_at } = event.data;
        const subject_id = this.watch?.subject_id ?? '';
        this.begun.set(attempt, {
          message_id,
          attempt,
          revision,
          provider,
          subject_id,
          started_at,
          status: 'open',
          provider_message_id: null,
          customer_id: recorded.metadata.customerId ?? '',
          answered_at: null,
          counts: true,
          report: null,
          reported_at: null,
          network: this.watch?.network ?? null,
        });
        this.look(revision, 'claimed', started_at, attempt);
        return;
      }
      case 'MessageDispatched':
        this.change(event.data, revision, {
          status: 'accepted',
          provider_message_id: event.data.providerMessageId,
          answered_at: recorded.metadata.at,
        });
        this.look(revision, 'unresolved', event.data.reportDeadline);
        return;
      case 'MessageOutcomeUnknown':
        if (event.data.reason !== 'no_report') this.change(event.data, revision, { status: 'unknown' });
        if (event.data.final) this.end();
        else this.look(revision, 'unresolved', event.data.reportDeadline);
        return;
      case 'DispatchFailed':
        this.change(event.data, revision, {
          status: 'refused',
          answered_at: recorded.metadata.at,
          counts: countsForHealth(event.data),
        });
        this.look(revision, 'queued', recorded.metadata.at);
        return;
      case 'MessageDelivered':
        this.change(event.data, revision, {
          status: 'accepted',
          provider_message_id: event.data.providerMessageId,
          report: 'delivered',
          reported_at: event.data.reportedAt,
        });
        this.end();
        return;
      case 'MessageFailed': {
        const { attempt, charge, code, permanent } = event.data;
        // Only a report fails a message that was charged: a refusal releases the money.
        if (attempt !== null && charge === 'charged') {
          const report = isExcused(code, permanent) ? 'excused' : 'undelivered';
          const reported_at = recorded.metadata.at;
          this.change({ messageId: message_id, attempt }, revision, { report, reported_at });
        }
        this.end();
        return;
      }
      case 'MessageExpired':
      case 'MessageCancelled':
        this.end();
    }
  }

  private change(
    { messageId: message_id, attempt }: { messageId: string; attempt: number },
    revision: string,
    change: Partial<AttemptChange>,
  ): void {
    const begun = this.begun.get(attempt);
    if (begun !== undefined) {
      const answered_at = begun.answered_at ?? change.answered_at ?? null;
      this.begun.set(attempt, { ...begun, ...(change as Partial<AttemptRow>), answered_at, revision });
      return;
    }
    const before = this.changed.get(attempt) ?? { message_id, attempt, ...NO_CHANGE };
    const answered_at = before.answered_at ?? change.answered_at ?? null;
    this.changed.set(attempt, { ...before, ...change, answered_at, revision });
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
