import type { PublishPriceList } from '../../../src/domain/customer/commands';
import { priceListDecider } from '../../../src/domain/customer/price-list-decider';
import { fold } from '../../../src/domain/shared/decider';
import { money } from '../../../src/domain/shared/money';

const publish = (
  tier1: bigint,
  name = 'List',
  networks: PublishPriceList['networks'] = new Map(),
): PublishPriceList => ({
  type: 'PublishPriceList',
  priceListId: 'prl_1',
  name,
  perSegment: { tier_1: money(tier1), tier_2: money(10_000n), tier_3: money(25_000n) },
  networks,
});

describe('price list', () => {
  const first = priceListDecider.decide(publish(8_000n), priceListDecider.initialState);
  const published = fold(priceListDecider, first);

  it('begins with version 1, in decimal strings', () => {
    expect(first).toEqual([
      {
        type: 'PriceListPublished',
        data: {
          priceListId: 'prl_1',
          version: 1,
          name: 'List',
          perSegment: { tier_1: '8000', tier_2: '10000', tier_3: '25000' },
          networks: [],
        },
      },
    ]);
  });

  it('is not published again with the same prices', () => {
    expect(priceListDecider.decide(publish(8_000n), published)).toEqual([]);
  });

  it('goes on to the next version with another price or name', () => {
    expect(priceListDecider.decide(publish(9_000n), published)).toMatchObject([{ data: { version: 2 } }]);
    expect(priceListDecider.decide(publish(8_000n, 'Other'), published)).toMatchObject([{ data: { version: 2 } }]);
  });

  it('refuses a negative price and an empty name', () => {
    const refusal = expect.objectContaining({ code: 'validation_failed' });
    expect(() => priceListDecider.decide(publish(-1n), published)).toThrow(refusal);
    expect(() => priceListDecider.decide(publish(1n, ' '), published)).toThrow(refusal);
  });

  describe('with prices of networks', () => {
    const airtel = (tier1: bigint) => new Map([['63903', { tier_1: money(tier1) }]]);
    const decide = (networks: PublishPriceList['networks'], state = published) =>
      priceListDecider.decide(publish(8_000n, 'List', networks), state);
    const withAirtel = fold({ ...priceListDecider, initialState: published }, decide(airtel(9_000n)));

    it('holds what differs, in a fixed order', () => {
      const both: PublishPriceList['networks'] = new Map([
        ['63903', { tier_1: money(9_000n) }],
        ['63902', { tier_3: money(20_000n) }],
      ]);
      expect(decide(both)).toMatchObject([
        {
          data: {
            version: 2,
            networks: [
              { network: '63902', perSegment: { tier_3: '20000' } },
              { network: '63903', perSegment: { tier_1: '9000' } },
            ],
          },
        },
      ]);
    });
    it('goes on to the next version only with another price of theirs', () => {
      expect(decide(airtel(9_000n), withAirtel)).toEqual([]);
      expect(decide(airtel(9_001n), withAirtel)).toMatchObject([{ data: { version: 3 } }]);
      const otherTier = new Map([['63903', { tier_2: money(9_000n) }]]);
      expect(decide(otherTier, withAirtel)).toMatchObject([{ data: { version: 3 } }]);
      expect(decide(new Map(), withAirtel)).toMatchObject([{ data: { version: 3, networks: [] } }]);
    });
    it('refuses a network that no number is of, and a negative price', () => {
      const refusal = expect.objectContaining({ code: 'validation_failed' });
      expect(() => decide(new Map([['63930', { tier_1: money(1n) }]]))).toThrow(refusal);
      expect(() => decide(airtel(-1n))).toThrow(refusal);
    });
  });
});
