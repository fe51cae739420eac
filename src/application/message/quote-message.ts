import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { offendingCharacters, type OffendingCharacter } from '../../domain/message/encoding';
import { networkOf } from '../../domain/message/network';
import type { Segmentation } from '../../domain/message/segments';
import { DomainError, type ErrorCode } from '../../domain/shared/domain-error';
import { ADMISSION, type AdmissionControl } from '../ports/admission';
import { WALLETS, type Wallets } from '../ports/wallets';
import { MessageDrafts, type MessageDraft } from './message-draft';
import type { Caller, MessageRequest } from './message-request';
import { Offers, type Offer } from './offers';
import { Vetting } from './vetting';

export interface MessageQuote {
  /** What would be sent. */
  readonly text: string;
  /** ISO; null: at once. `deferred`: not when it was asked for, but when the permitted hours begin next. */
  readonly sendAt: string | null;
  readonly deferred: boolean;
  readonly segmentation: Segmentation;
  /** The recipient's, as MCC and MNC; null: not known. */
  readonly network: string | null;
  /** Of the text as it came. */
  readonly offending: readonly OffendingCharacter[];
  /** Null where no tier would carry it. */
  readonly offer: Offer | null;
  /** What sending it would meet; null: it would be accepted. */
  readonly refusal: ErrorCode | null;
}

/**
 * How a message would travel, at what price, and whether it would be accepted now. Writes nothing and counts nothing.
 * @throws DomainError validation_failed, destination_not_allowed for a premium number, unavailable
 */
export class QuoteMessage extends Query<MessageQuote> {
  constructor(
    readonly caller: Caller,
    readonly request: MessageRequest,
  ) {
    super();
  }
}

@QueryHandler(QuoteMessage)
export class QuoteMessageHandler implements IQueryHandler<QuoteMessage> {
  constructor(
    @Inject(MessageDrafts) private readonly drafts: MessageDrafts,
    @Inject(ADMISSION) private readonly admission: AdmissionControl,
    @Inject(Vetting) private readonly vetting: Vetting,
    @Inject(Offers) private readonly offers: Offers,
    @Inject(WALLETS) private readonly wallets: Wallets,
  ) {}

  async execute({ caller, request }: QuoteMessage): Promise<MessageQuote> {
    const draft = this.drafts.draft(caller, request, null);
    this.drafts.checkTime(draft);
    const signals = await this.admission.peek(draft.admission);
    const vetted = refusalOf(() => void this.vetting.check(draft, signals));
    let offer: Offer | null = null;
    const offered = refusalOf(() => {
      offer = this.offers.make(draft);
    });
    const { text, sendAt, deferred, segmentation, phone } = draft;
    const network = networkOf(phone.e164);
    const known = {
      text,
      sendAt,
      deferred,
      segmentation,
      network,
      offending: offendingCharacters(request.body),
      offer,
    };
    return { ...known, refusal: vetted ?? offered ?? (await this.moneyFor(draft, offer)) };
  }

  private async moneyFor({ caller }: MessageDraft, offer: Offer | null): Promise<ErrorCode | null> {
    const wallet = { customerId: caller.customer.customerId, mode: caller.mode };
    const { available } = await this.wallets.balance(wallet);
    return offer !== null && available < offer.amount ? 'insufficient_funds' : null;
  }
}

/** The code of a refusal. What is no refusal of the request is thrown on. */
function refusalOf(check: () => void): ErrorCode | null {
  try {
    check();
    return null;
  } catch (error) {
    if (!(error instanceof DomainError) || error.code === 'unavailable') throw error;
    return error.code;
  }
}
