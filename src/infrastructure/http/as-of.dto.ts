import { IsString, MaxLength } from 'class-validator';
import { MayBeAbsent } from './validation';

/** At which instant the answer is to be true. */
export class AsOfDto {
  /** RFC 3339, not in the future: what was recorded by then, by the event store's clock. */
  @MayBeAbsent()
  @MaxLength(40)
  @IsString()
  as_of?: string;
}
