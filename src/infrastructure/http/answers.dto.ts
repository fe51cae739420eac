import { ApiProperty } from '@nestjs/swagger';

/** The answer to an accepted message. It repeats unchanged under the same Idempotency-Key. */
export class AcceptedMessageDto {
  /** @example 'msg_01HXKR3M8Q0000000000000000' */
  message_id!: string;
  status!: 'queued' | 'scheduled';
  /** The tier that routing picked; another may carry it in the end. */
  provider!: 'tier_1' | 'tier_2' | 'tier_3';
  /** What is reserved for it, in KES. */
  cost_kes!: number;
  /** Of a scheduled one: when it will be sent. */
  send_at?: string;
}

/** Why a message failed. */
export class MessageErrorDto {
  code!: string;
  message!: string;
  /** Whether sending the same again is of no use. */
  permanent!: boolean;
}

/** A message and what became of it. */
export class MessageDto {
  message_id!: string;
  mode!: 'live' | 'test';
  direction!: 'outbound' | 'inbound';
  to!: string;
  /** The sender really used; of what came in, who sent it. */
  from!: string;
  channel!: 'sms';
  body!: string;
  class!: string;
  status!:
    | 'scheduled'
    | 'queued'
    | 'unknown'
    | 'dispatched'
    | 'delivered'
    | 'read'
    | 'failed'
    | 'expired'
    | 'cancelled'
    | 'received';
  /** Whether the status is the last (a late genuine report may still turn some into delivered). */
  final!: boolean;
  provider!: string;
  encoding!: string;
  @ApiProperty({ type: 'integer' })
  segments!: number;
  /** The reservation until charged, then the debit; 0 when released. */
  cost_kes!: number;
  charge!: 'reserved' | 'charged' | 'released';
  error!: MessageErrorDto | null;
  client_reference!: string | null;
  send_at!: string | null;
  /** Null of what came in. */
  valid_until!: string | null;
  created_at!: string;
  dispatched_at!: string | null;
  /** When the handset had it; of what came in, when it reached us. */
  delivered_at!: string | null;
}

/** Messages, newest first. */
export class MessagePageDto {
  data!: MessageDto[];
  /** For `after`; null on the last page. */
  next_cursor!: string | null;
}

/** One event of a message; further members depend on its type. */
export class TimelineEntryDto {
  /** @example 'message.dispatched' */
  type!: string;
  at!: string;
  @ApiProperty({ type: 'integer' })
  sequence!: number;
}

/** Everything that happened to a message, in order. */
export class TimelineDto {
  data!: TimelineEntryDto[];
}

/** The wallet of the key's mode. */
export class BalanceDto {
  /** @example 99999.2 */
  available_kes!: number;
  reserved_kes!: number;
  as_of!: string;
}

/** A field that cannot be accepted. */
export class FieldErrorDto {
  field!: string;
  message!: string;
}

/** RFC 9457. */
export class ProblemDto {
  type!: string;
  title!: string;
  @ApiProperty({ type: 'integer' })
  status!: number;
  detail!: string;
  /** Stable; act on this. */
  code!: string;
  request_id!: string;
  errors?: FieldErrorDto[];
}
