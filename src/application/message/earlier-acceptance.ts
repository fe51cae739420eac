import { Inject, Injectable } from '@nestjs/common';
import type { MessageEvent } from '../../domain/message/events';
import { DomainError } from '../../domain/shared/domain-error';
import { streams } from '../../domain/shared/streams';
import { EVENT_STORE, type EventStore, type RecordedEvent } from '../ports/event-store';
import { ERASED, SUBJECT_VAULT, type SubjectVault } from '../ports/subject-vault';
import { acceptedFrom, type AcceptedData, type SendResult } from './accepted-message';
import type { MessageDraft } from './message-draft';

/** What the log knows of an earlier request with the same Idempotency-Key, and so with the same message id. */
@Injectable()
export class EarlierAcceptance {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
  ) {}

  /** Null: never accepted. @throws DomainError idempotency_key_reused; StoreUnavailable */
  async look(draft: MessageDraft): Promise<SendResult | null> {
    const history = await this.store.readStream<MessageEvent>(streams.message(draft.messageId));
    return this.of(draft, history);
  }

  /** The same, of a stream that has been read. */
  async of(draft: MessageDraft, history: readonly RecordedEvent<MessageEvent>[]): Promise<SendResult | null> {
    const queued = queuedIn(history);
    if (queued === null) return null;
    if (!(await this.isSameBody(draft, queued))) {
      throw new DomainError('idempotency_key_reused', 'This Idempotency-Key was used with another request body.');
    }
    const { batchId } = queued;
    return { response: acceptedFrom(queued), replayed: true, ...(batchId === null ? {} : { batchId }) };
  }

  /** Once the recipient has been erased there is nothing left to compare with: the first 202 is repeated. */
  private async isSameBody({ idempotency }: MessageDraft, { requestDigest }: AcceptedData): Promise<boolean> {
    if (requestDigest === null || idempotency === null) return requestDigest === null && idempotency === null;
    const [digest] = await this.vault.open([requestDigest]);
    return digest === ERASED || digest === idempotency.digest;
  }
}

/** What its first visible event says; null: it was never accepted. */
export function queuedIn(history: readonly RecordedEvent<MessageEvent>[]): AcceptedData | null {
  for (const event of history) {
    if ('reservationId' in event.data && 'quote' in event.data) return event.data;
  }
  return null;
}
