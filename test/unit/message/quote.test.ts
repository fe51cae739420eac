import { quoteMessage } from '../../../src/domain/message/quote';
import { money } from '../../../src/domain/shared/money';

const perSegment = { tier_1: money(8_000n), tier_2: money(9_500n), tier_3: money(20_000n) };

describe('quoteMessage', () => {
  it('prices each candidate by its segments and picks the first', () => {
    expect(
      quoteMessage({ segments: 3, perSegment, candidates: ['tier_1', 'tier_2', 'tier_3'], maxCost: null }),
    ).toEqual({
      prices: { tier_1: 24_000n, tier_2: 28_500n, tier_3: 60_000n },
      picked: { tier: 'tier_1', amount: 24_000n },
    });
  });

  it('follows the order in which routing would try them, and prices no other tier', () => {
    expect(quoteMessage({ segments: 1, perSegment, candidates: ['tier_3', 'tier_1'], maxCost: null })).toEqual({
      prices: { tier_3: 20_000n, tier_1: 8_000n },
      picked: { tier: 'tier_3', amount: 20_000n },
    });
  });

  it('passes over a tier dearer than the customer lets it cost, to the last unit', () => {
    const quote = (maxCost: bigint): unknown =>
      quoteMessage({ segments: 1, perSegment, candidates: ['tier_3', 'tier_2'], maxCost: money(maxCost) }).picked;
    expect(quote(20_000n)).toEqual({ tier: 'tier_3', amount: 20_000n });
    expect(quote(19_999n)).toEqual({ tier: 'tier_2', amount: 9_500n });
    expect(quote(9_499n)).toBeNull();
  });
});
