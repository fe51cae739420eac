import { perSegmentFor, priceTable } from '../../../src/domain/customer/prices';

const table = priceTable({
  perSegment: { tier_1: '8000', tier_2: '10000', tier_3: '25000' },
  networks: [{ network: '63903', perSegment: { tier_1: '9000', tier_3: '24001' } }],
});

describe('the prices of a network', () => {
  it('are its own where it has some, and the common ones at its other tiers', () => {
    expect(perSegmentFor(table, '63903')).toEqual({ tier_1: 9_000n, tier_2: 10_000n, tier_3: 24_001n });
  });
  it.each(['63902', null])('are the common ones for %s', (network) => {
    expect(perSegmentFor(table, network)).toEqual({ tier_1: 8_000n, tier_2: 10_000n, tier_3: 25_000n });
  });
});
