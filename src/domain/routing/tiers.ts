/** tier_1 primary, tier_2 regional failover, tier_3 global standby. */
export type Tier = 'tier_1' | 'tier_2' | 'tier_3';
export const TIERS: readonly Tier[] = ['tier_1', 'tier_2', 'tier_3'];

/**
 * What a provider's own code means for the router. R: the same tier again. F: the next tier now. F!: the same, and what
 * the code concerns is shut. P: permanent for this message. U: the provider may have it, so it is never sent again blindly.
 */
export type FailureClass = 'R' | 'F' | 'F!' | 'P' | 'U';

/** What an F! code concerns: the account (the provider's circuit), a sender there, or a destination prefix there. */
export type ShutScope = 'account' | 'sender' | 'destination';
