import { ApiProperty } from '@nestjs/swagger';
import type { MessageQuote } from '../../application/message/quote-message';
import { toKesNumber } from '../../domain/shared/money';

/** A character that is not in the GSM-7 alphabet. */
export class OffendingCharacterDto {
  /** @example '’' */
  character!: string;
  /** @example 'U+2019' */
  code_point!: string;
  /** What `encoding: transliterate` makes of it; null: nothing. */
  replacement!: string | null;
}

/** What a message would cost, and whether it would be sent. */
export class QuoteDto {
  encoding!: 'gsm7' | 'ucs2';
  @ApiProperty({ type: 'integer' })
  segments!: number;
  /** The text that would be sent: transliterated where that was asked for, with how to opt out where it is promotion. */
  body!: string;
  /** When it would be sent; null: at once. */
  send_at!: string | null;
  /** Whether that is not when it was asked for, but when the permitted hours begin next. */
  would_be_deferred!: boolean;
  /** Characters of the text as it came that keep it out of GSM-7. */
  offending_characters!: OffendingCharacterDto[];
  /**
   * MCC and MNC of the network that the recipient's prefix was assigned to; null where that is not known. An estimate: numbers
   * can be ported.
   * @example '63902'
   */
  network!: string | null;
  /** Of the whole message to that network, by tier. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'number' } })
  prices_kes!: Record<string, number>;
  /** The tier that routing would pick now; null where none would carry it. */
  provider!: string | null;
  cost_kes!: number | null;
  would_send!: boolean;
  /** The error code that sending it would meet; null where it would be sent. */
  code!: string | null;
}

export function quoteView({ segmentation, offending, offer, refusal, ...quote }: MessageQuote): QuoteDto {
  const { encoding, segments } = segmentation;
  const prices = Object.entries(offer?.prices ?? {}).map(([tier, price]) => [tier, toKesNumber(price)]);
  return {
    encoding,
    segments,
    body: quote.text,
    send_at: quote.sendAt,
    would_be_deferred: quote.deferred,
    offending_characters: offending.map(({ character, codePoint: code_point, replacement }) => ({
      character,
      code_point,
      replacement,
    })),
    network: quote.network,
    prices_kes: Object.fromEntries(prices) as Record<string, number>,
    provider: offer?.tier ?? null,
    cost_kes: offer === null ? null : toKesNumber(offer.amount),
    would_send: refusal === null,
    code: refusal,
  };
}
