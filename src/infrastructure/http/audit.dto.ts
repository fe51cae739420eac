import { IsIn, IsString, Length, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from './validation';

/** Which rows of the audit log, and which page of them. */
export class AuditQueryDto {
  /** RFC 3339, inclusive: recorded at or after. */
  @MayBeAbsent()
  @MaxLength(40)
  @IsString()
  from?: string;

  /** RFC 3339, exclusive: recorded before. */
  @MayBeAbsent()
  @MaxLength(40)
  @IsString()
  to?: string;

  /** RFC 3339, not in the future: what the log held at that instant. */
  @MayBeAbsent()
  @MaxLength(40)
  @IsString()
  as_of?: string;

  /** The id of a message, of your account (with its wallets), of an opt-out, or of a blocked recipient. */
  @MayBeAbsent()
  @Length(1, 64)
  @IsString()
  resource?: string;

  /** An event type, such as `MessageQueued`. */
  @MayBeAbsent()
  @Matches(/^[A-Za-z]{1,64}$/, { message: 'action must be an event type' })
  action?: string;

  /** Who did it. */
  @MayBeAbsent()
  @IsIn(['key', 'operator', 'provider', 'system'])
  actor?: 'key' | 'operator' | 'provider' | 'system';

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

/** What was done to. */
export class AuditResourceDto {
  /** @example 'message' */
  kind!: string;
  id!: string;
}

/** Who did it; `id` for keys of your own only. */
export class AuditActorDto {
  kind!: string;
  id!: string | null;
}

/** An event, as the audit log has it: that it happened, who did it and when, and hashes of what it says. */
export class AuditEntryDto {
  event_id!: string;
  recorded_at!: string;
  at!: string | null;
  action!: string;
  resource!: AuditResourceDto;
  revision!: number;
  actor!: AuditActorDto | null;
  /** The X-Request-Id of the request that led to it. */
  correlation_id!: string | null;
  data_sha256!: string;
  metadata_sha256!: string;
  hash!: string;
}

/** Rows of the audit log, newest first. */
export class AuditPageDto {
  data!: AuditEntryDto[];
  /** For `after`; null on the last page. */
  next_cursor!: string | null;
}
