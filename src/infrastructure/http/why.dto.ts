import { ApiProperty } from '@nestjs/swagger';

/** What came of it. */
export class WhyOutcomeDto {
  /** The status, or the code of its error. */
  code!: string;
  /** For people. */
  text!: string;
}

/** A tier that could have carried the message, as routing saw it. */
export class ConsideredTierDto {
  provider!: 'tier_1' | 'tier_2' | 'tier_3';
  /** How it stood at that moment; null where that was not noted. */
  health!: 'healthy' | 'returning' | 'trial' | 'trial_out' | 'away' | 'shut' | 'absent' | null;
  /** Of a returning one: its share of the traffic. */
  @ApiProperty({ type: 'integer', nullable: true })
  share_percent!: number | null;
  /** Of the whole message there. */
  cost_kes!: number;
  /** Why it was picked, or was not; null where that was not noted. */
  verdict!:
    'picked' | 'behind' | 'not_its_share' | 'trial_out' | 'away' | 'shut' | 'no_account' | 'over_max_cost' | null;
}

/** The price of a segment at one tier, by the list that was frozen at accept, times the segments. */
export class PriceRuleDto {
  price_list_id!: string;
  @ApiProperty({ type: 'integer' })
  price_list_version!: number;
  /** Whose column of the list. */
  provider!: 'tier_1' | 'tier_2' | 'tier_3';
  /** Of the recipient, MCC and MNC; null where it is not known. */
  network!: string | null;
  per_segment_kes!: number;
  @ApiProperty({ type: 'integer' })
  segments!: number;
  /** 0 when released. */
  cost_kes!: number;
  charge!: 'reserved' | 'charged' | 'released';
}

/** A call to a provider. */
export class WhyAttemptDto {
  @ApiProperty({ type: 'integer' })
  attempt!: number;
  provider!: 'tier_1' | 'tier_2' | 'tier_3';
  started_at!: string;
  /** When its outcome was noted. */
  ended_at!: string | null;
  outcome!: 'under_way' | 'accepted' | 'refused' | 'unknown' | 'delivered' | 'undelivered';
  /** Alike for every provider; null where nothing went wrong. */
  code!: string | null;
  reason!: string | null;
  /** Why it went to this tier, where it was not the one before. */
  rerouted_because!: string | null;
}

/** Why a message went the way it went. */
export class WhyDto {
  message_id!: string;
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
  final!: boolean;
  outcome!: WhyOutcomeDto;
  /** When a tier was picked and the price frozen. */
  considered_at!: string;
  tiers!: ConsideredTierDto[];
  price!: PriceRuleDto;
  attempts!: WhyAttemptDto[];
}
