import { Inject, Injectable } from '@nestjs/common';
import { checkSender } from '../../domain/customer/sender';
import { MAX_SEGMENTS, prepareBody, type BodyWish } from '../../domain/message/body';
import { mayGoAt } from '../../domain/message/hours';
import { parsePhone, type Phone } from '../../domain/message/phone';
import { checkSendAt } from '../../domain/message/scheduling';
import type { Segmentation } from '../../domain/message/segments';
import { DomainError, type FieldError } from '../../domain/shared/domain-error';
import { epochMs, isoOf } from '../../domain/shared/instants';
import type { EventMetadata } from '../../domain/shared/event';
import type { AdmissionRequest } from '../ports/admission';
import { CLOCK, type Clock } from '../ports/clock';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { NUMBERING_PLAN, type NumberingPlan } from '../ports/numbering-plan';
import { SUBJECT_VAULT, type SubjectVault } from '../ports/subject-vault';
import type { Caller, Idempotency, MessageRequest } from './message-request';

/** Of an Idempotency-Key, with customer and mode. */
const ROUTE = 'messages';
/** Of an item without a key of its own: its batch's key and its place in it. */
const PLACE_IN_BATCH = 'messages/batch/item';

/** A request that is well formed, with all that is made for it once: ids, metadata, the end of its validity. */
export interface MessageDraft {
  readonly caller: Caller;
  readonly request: MessageRequest;
  readonly idempotency: Idempotency | null;
  /** Null: sent by itself. */
  readonly batchId: string | null;
  readonly messageId: string;
  /** New for each request: the loser of a race gives back only its own. */
  readonly reservationId: string;
  readonly commandId: string;
  readonly metadata: EventMetadata;
  readonly phone: Phone;
  /** What is sent: the request's text or what transliteration made of it, and how to opt out where it is promotion. */
  readonly text: string;
  readonly segmentation: Segmentation;
  /** ISO. */
  readonly validUntil: string;
  /** Seconds, from when it may go. */
  readonly validForSeconds: number;
  /** ISO; null: at once. */
  readonly sendAt: string | null;
  /** Not when it was asked for, but when the permitted hours begin next. */
  readonly deferred: boolean;
  readonly admission: AdmissionRequest;
}

@Injectable()
export class MessageDrafts {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(NUMBERING_PLAN) private readonly plan: NumberingPlan,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
  ) {}

  /** @throws DomainError validation_failed naming every bad field, destination_not_allowed for a premium number. */
  draft(
    caller: Caller,
    request: MessageRequest,
    idempotency: Idempotency | null,
    batchId: string | null = null,
  ): MessageDraft {
    const fields: FieldError[] = [];
    const phone = collecting(fields, () => parsePhone(request.to, this.plan.foreign));
    const body = collecting(fields, () => prepareBody(request.body, this.wishOf(request)));
    if (request.senderId !== null) collecting(fields, () => checkSender(request.senderId ?? ''));
    if (phone === null || body === null || fields.length > 0) {
      throw new DomainError('validation_failed', 'The request has fields that cannot be accepted.', fields);
    }
    const { customer, keyId, requestId } = caller;
    const commandId = this.ids.uuid();
    const validForSeconds = request.validForSeconds ?? this.configuration.defaultValiditySeconds;
    const { sendAt, deferred } = this.timeOf(request);
    return {
      caller,
      request,
      idempotency,
      batchId,
      messageId: this.messageIdFor(caller, idempotency),
      reservationId: this.ids.next('rsv'),
      commandId,
      metadata: {
        correlationId: requestId,
        causationId: commandId,
        customerId: customer.customerId,
        actor: { kind: 'key', id: keyId },
        at: this.clock.iso(),
      },
      phone,
      text: body.text,
      segmentation: body.segmentation,
      validUntil: isoOf(this.clock.now() + validForSeconds * 1_000),
      validForSeconds,
      sendAt,
      deferred,
      admission: this.admissionOf(caller, request, phone, idempotency, batchId),
    };
  }

  /**
   * Apart from the draft: the repetition of an accepted request may come when its time has passed, and gets its first answer.
   * @throws DomainError validation_failed on `send_at`
   */
  checkTime({ request: { sendAt } }: MessageDraft): void {
    if (sendAt !== null) checkSendAt(sendAt, this.clock.now());
  }

  private messageIdFor({ customer, mode }: Caller, idempotency: Idempotency | null): string {
    if (idempotency === null) return this.ids.next('msg');
    const route = idempotency.keyedDigest === null ? PLACE_IN_BATCH : ROUTE;
    return this.ids.messageIdForKey(customer.customerId, mode, route, idempotency.key);
  }

  private timeOf({ sendAt, class: messageClass }: MessageRequest): Pick<MessageDraft, 'sendAt' | 'deferred'> {
    const wantedMs = sendAt === null ? this.clock.now() : epochMs(sendAt);
    const goesMs = mayGoAt(messageClass, this.configuration.promotion.hours, wantedMs);
    return goesMs === wantedMs ? { sendAt, deferred: false } : { sendAt: isoOf(goesMs), deferred: true };
  }

  private wishOf({ encoding, maxSegments, class: messageClass }: MessageRequest): BodyWish {
    return {
      encoding: encoding ?? 'auto',
      maxSegments: maxSegments ?? MAX_SEGMENTS,
      optOutText: messageClass === 'promotional' ? this.configuration.promotion.optOutText : null,
    };
  }

  private admissionOf(
    { customer, mode, keyId }: Caller,
    request: MessageRequest,
    phone: Phone,
    idempotency: Idempotency | null,
    batchId: string | null,
  ): AdmissionRequest {
    const claims = idempotency !== null && idempotency.keyedDigest !== null;
    return {
      customerId: customer.customerId,
      mode,
      keyId,
      route: ROUTE,
      idempotencyKey: claims ? idempotency.key : null,
      bodyDigest: claims ? idempotency.keyedDigest : null,
      lookupHash: this.vault.lookupHash(phone.e164),
      phoneDigits: phone.e164.slice(1),
      requestsPerSecond: batchId === null ? customer.limits.requestsPerSecondPerKey : null,
      messagesPerMinutePerRecipient: customer.limits.messagesPerMinutePerRecipient,
      promotionFrom: request.class === 'promotional' ? (request.senderId ?? customer.defaultSender) : null,
    };
  }
}

/** The value, or null with what is wrong noted, so that one answer names every bad field. */
function collecting<T>(fields: FieldError[], check: () => T): T | null {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'validation_failed') throw error;
    fields.push(...error.fields);
    return null;
  }
}
