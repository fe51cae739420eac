import type { PublishPriceList } from '../../../src/domain/customer/commands';
import { priceListDecider } from '../../../src/domain/customer/price-list-decider';
import { fold } from '../../../src/domain/shared/decider';
import { money } from '../../../src/domain/shared/money';

const publish = (tier1: bigint, name = 'List'): PublishPriceList => ({
  type: 'PublishPriceList',
  priceListId: 'prl_1',
  name,
  perSegment: { tier_1: money(tier1), tier_2: money(10_000n), tier_3: money(25_000n) },
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
});
