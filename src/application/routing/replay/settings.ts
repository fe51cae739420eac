import type { Thresholds } from '../../../domain/routing/move';
import type { Tier } from '../../../domain/routing/tiers';
import type { Money } from '../../../domain/shared/money';

/** What is other than it was. What is left out stays as it was recorded. */
export interface ReplaySettings {
  readonly thresholds: Partial<Thresholds>;
  /** Of a segment, for every customer and network. */
  readonly prices: { readonly [tier in Tier]?: Money };
  /** In which tiers are tried; null: as each customer's routing had it. */
  readonly order: readonly Tier[] | null;
}

export const AS_RECORDED: ReplaySettings = { thresholds: {}, prices: {}, order: null };
