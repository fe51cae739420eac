import { IsIn, IsString, Length, Matches, MaxLength } from 'class-validator';
import type { MessageStatus } from '../../application/ports/message-status';
import { MayBeAbsent } from './validation';

const STATUSES: readonly MessageStatus[] = [
  'scheduled',
  'queued',
  'unknown',
  'dispatched',
  'delivered',
  'read',
  'failed',
  'expired',
  'cancelled',
  'received',
];

/** Which messages, and which page of them. */
export class ListMessagesDto {
  @MayBeAbsent()
  @IsIn(STATUSES)
  status?: MessageStatus;

  @MayBeAbsent()
  @IsIn(['sms'])
  channel?: 'sms';

  /** The recipient, in any form that sending takes; with `direction=inbound` the short code or number that was written to. */
  @MayBeAbsent()
  @MaxLength(64)
  @IsString()
  to?: string;

  @MayBeAbsent()
  @IsIn(['outbound', 'inbound'])
  direction?: 'outbound' | 'inbound';

  @MayBeAbsent()
  @Length(1, 128)
  @IsString()
  client_reference?: string;

  /** Of the batch that they came in. */
  @MayBeAbsent()
  @Matches(/^bat_[0-9A-Z]{26}$/, { message: 'batch_id must be the id of a batch' })
  batch_id?: string;

  /** RFC 3339, inclusive. */
  @MayBeAbsent()
  @MaxLength(40)
  @IsString()
  created_from?: string;

  /** RFC 3339, exclusive. */
  @MayBeAbsent()
  @MaxLength(40)
  @IsString()
  created_to?: string;

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
