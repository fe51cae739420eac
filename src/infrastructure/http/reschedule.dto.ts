import { IsInstant } from './instants';

/** Another time for a scheduled message. */
export class RescheduleDto {
  /**
   * RFC 3339, at least one second and at most 180 days ahead.
   * @example '2026-12-24T08:00:00+03:00'
   */
  @IsInstant()
  send_at!: string;
}
