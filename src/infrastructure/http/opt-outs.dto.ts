import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from './validation';

/** A recipient who wants no promotion. */
export class CreateOptOutDto {
  /**
   * The recipient: E.164, or Kenyan 254…, 07… or 01….
   * @example '+254712345678'
   */
  @MaxLength(64)
  @IsString()
  phone!: string;

  /**
   * A sender ID of the account; left out: every sender of the account, those to come included.
   * @example 'WAHT'
   */
  @MayBeAbsent()
  @MaxLength(64)
  @IsString()
  sender_id?: string;
}

/** Which opt-outs, and which page of them. */
export class ListOptOutsDto {
  /** The recipient, in any form that sending takes. */
  @MayBeAbsent()
  @MaxLength(64)
  @IsString()
  phone?: string;

  /** How many at most, 1 to 100; 20 where left out. */
  @MayBeAbsent()
  @Matches(/^(?:[1-9][0-9]?|100)$/, { message: 'limit must be a whole number from 1 to 100' })
  limit?: string;

  /** `next_cursor` of the page before. */
  @MayBeAbsent()
  @Length(1, 1_024)
  @IsString()
  after?: string;
}

/** An opt-out that stands: no promotion reaches this recipient from this sender. */
export class OptOutDto {
  /** @example 'opt_01HXKR3M8Q0000000000000000' */
  opt_out_id!: string;
  mode!: 'live' | 'test';
  phone!: string;
  /** Null: every sender of the account. */
  sender_id!: string | null;
  /** A keyword in a text, the provider's own call, your account, or operations. */
  source!: 'keyword' | 'provider' | 'api' | 'operator';
  created_at!: string;
}

/** Opt-outs that stand, newest first. */
export class OptOutPageDto {
  data!: OptOutDto[];
  /** For `after`; null on the last page. */
  next_cursor!: string | null;
}
