import type { MessageStatus } from './message-status';
import type { TierHealth } from '../../domain/routing/pick';
import type { Tier } from '../../domain/routing/tiers';
import type { Verdict } from '../../domain/routing/verdict';

/** A tier that could have carried the message, as routing saw it at accept. */
export interface ConsideredTier {
  provider: Tier;
  /** Null: it was not noted. */
  health: TierHealth | null;
  /** Of a returning one: its share of the traffic, percent. */
  share_percent: number | null;
  /** Of the whole message there. */
  cost_kes: number;
  /** Null where it was not noted and not picked. */
  verdict: Verdict | null;
}

/** What is paid is the price of a segment at one tier, by the list that was frozen at accept, times the segments. */
export interface PriceRule {
  price_list_id: string;
  price_list_version: number;
  /** Whose column of the list. */
  provider: Tier;
  /** Of the recipient, MCC and MNC; null where it is not known. */
  network: string | null;
  per_segment_kes: number;
  segments: number;
  cost_kes: number;
  charge: 'reserved' | 'charged' | 'released';
}

export interface WhyAttempt {
  attempt: number;
  provider: Tier;
  started_at: string;
  /** When its outcome was noted; null while it is under way. */
  ended_at: string | null;
  outcome: 'under_way' | 'accepted' | 'refused' | 'unknown' | 'delivered' | 'undelivered';
  /** Normalised, alike for every provider; null where nothing went wrong. */
  code: string | null;
  reason: string | null;
  /** Why it went to this tier, where the one before was another. */
  rerouted_because: string | null;
}

/** Why a message went the way it went. Times RFC 3339 UTC, money in KES. */
export interface MessageWhy {
  message_id: string;
  status: MessageStatus;
  final: boolean;
  outcome: { code: string; text: string };
  /** When routing picked and the price was frozen. */
  considered_at: string;
  tiers: ConsideredTier[];
  price: PriceRule;
  attempts: WhyAttempt[];
}
