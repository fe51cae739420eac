import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsString } from 'class-validator';
import { FieldErrorDto } from './answers.dto';
import { SendMessageDto } from './send-message.dto';
import { MayBeAbsent } from './validation';

const MOST_ITEMS = 10_000;

/** A message of a batch. */
export class BatchItemDto extends SendMessageDto {
  /**
   * The Idempotency-Key of this message, the same as the header of a single send: 1 to 255 visible ASCII characters.
   * @example 'order-4821'
   */
  @MayBeAbsent()
  @IsString()
  idempotency_key?: string;
}

/** Messages to send, each accepted or refused for itself. */
export class SendBatchDto {
  @ArrayMaxSize(MOST_ITEMS, { message: `messages must hold at most ${MOST_ITEMS} messages` })
  @ArrayMinSize(1, { message: 'messages must hold at least one message' })
  @IsArray()
  @ApiProperty({ type: [BatchItemDto], minItems: 1, maxItems: MOST_ITEMS })
  messages!: unknown[];
}

/** Why a message of a batch was refused: what a problem document would say. */
export class BatchItemErrorDto {
  /** Stable; act on this. */
  code!: string;
  detail!: string;
  errors?: FieldErrorDto[];
}

/** What became of one message of a batch. */
export class BatchItemResultDto {
  /** Its place in the request, from 0. */
  @ApiProperty({ type: 'integer' })
  index!: number;
  /** What a single send would have been answered with: 202, or 4xx with `error`. */
  @ApiProperty({ type: 'integer' })
  status!: number;
  message_id?: string;
  /** The tier that routing picked; another may carry it in the end. */
  provider?: 'tier_1' | 'tier_2' | 'tier_3';
  /** What is reserved for it, in KES. */
  cost_kes?: number;
  /** True where an earlier message with its `idempotency_key` is the answer: nothing new was sent. */
  replayed?: boolean;
  error?: BatchItemErrorDto;
}

/** What became of a batch. */
export class BatchDto {
  /** Filters lists of messages. */
  batch_id!: string;
  /** New messages. */
  @ApiProperty({ type: 'integer' })
  accepted!: number;
  @ApiProperty({ type: 'integer' })
  rejected!: number;
  /** One a message, in the order of the request. */
  results!: BatchItemResultDto[];
}
