import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { IsInstant } from './instants';
import { IsKes } from './kes';
import { MayBeAbsent } from './validation';

const LONGEST_BODY = 65_536;

/** A message to send. The rule nearest to a member is checked first, and the first that fails is told. */
export class SendMessageDto {
  /**
   * The recipient: E.164, or Kenyan 254…, 07… or 01….
   * @example '+254712345678'
   */
  @MaxLength(64)
  @IsString()
  to!: string;

  /** How it travels. */
  @IsIn(['sms'])
  channel!: 'sms';

  /**
   * The text, at most ten segments.
   * @example 'Your order #4821 has shipped.'
   */
  @MaxLength(LONGEST_BODY)
  @IsString()
  body!: string;

  /**
   * A sender ID that is approved for the account; left out, the account's default.
   * @example 'WAHT'
   */
  @MayBeAbsent()
  @MaxLength(64)
  @IsString()
  sender_id?: string;

  /** Seconds within which a provider must have accepted it, else it expires and costs nothing. Default 86400. */
  @MayBeAbsent()
  @Max(259_200)
  @Min(60)
  @IsInt()
  @ApiProperty({ type: 'integer' })
  valid_for_seconds?: number;

  /** What happens when a provider does not say whether it took the message: wait for its report, or send again. */
  @MayBeAbsent()
  @IsIn(['never_twice', 'prefer_delivery'])
  on_unknown?: 'never_twice' | 'prefer_delivery';

  /** A reference of your own; shown with the message and searchable. */
  @MayBeAbsent()
  @Length(1, 128)
  @IsString()
  client_reference?: string;

  /**
   * When to send it: RFC 3339, at least one second and at most 180 days ahead. Left out: at once.
   * @example '2026-12-24T08:00:00+03:00'
   */
  @MayBeAbsent()
  @IsInstant()
  send_at?: string;

  /** How its characters travel: as they are, in GSM-7 or not at all, or with a replacement for those that GSM-7 lacks. */
  @MayBeAbsent()
  @IsIn(['auto', 'strict', 'transliterate'])
  encoding?: 'auto' | 'strict' | 'transliterate';

  /** The most segments that it may take; one that takes more is refused. */
  @MayBeAbsent()
  @Max(10)
  @Min(1)
  @IsInt()
  @ApiProperty({ type: 'integer' })
  max_segments?: number;

  /** The most that it may cost, in KES with at most four decimals: dearer tiers do not carry it. */
  @MayBeAbsent()
  @IsKes()
  max_cost_kes?: number;

  /**
   * What kind of message it is. Promotion needs a sender that is registered for it, goes at the permitted hours only
   * (08:00 to 18:00 in Nairobi; else it waits for them), never to who has opted out of it, and ends with how to opt out.
   */
  @MayBeAbsent()
  @IsIn(['transactional', 'promotional'])
  class?: 'transactional' | 'promotional';
}

const NOT_YET_SERVED = ['template_id', 'template_params', 'channel_id', 'fallback', 'callback_url'] as const;

/** What the contract documents and this version does not do yet: named, never ignored. */
export function notYetServed(body: Readonly<Record<string, unknown>>): string[] {
  const names: string[] = NOT_YET_SERVED.filter((name) => Object.hasOwn(body, name));
  if (body.channel === 'whatsapp') names.push('channel');
  return names;
}
