import { replaySetting } from '../../../src/cli/replay-settings';
import { fromKesText } from '../../../src/domain/shared/money';

describe('--set of a replay', () => {
  it('adds one setting to those before it', () => {
    const texts = ['degrade_under=80', 'margin=5', 'cooldown=300', 'price.tier_2=0.90', 'order=tier_2,tier_1,tier_3'];
    expect(texts.reduce((before, text) => replaySetting(text, before), replaySetting('degrade_under=75'))).toEqual({
      thresholds: { degradeUnder: 80, margin: 5, cooldownSeconds: 300 },
      prices: { tier_2: fromKesText('0.9') },
      order: ['tier_2', 'tier_1', 'tier_3'],
    });
  });

  it.each([
    'degrade_under',
    'degrade_under=',
    'degrade_under=high',
    'degrade_under=-1',
    'price.tier_9=1',
    'price.tier_2=1.23456',
    'order=tier_1',
    'order=tier_1,tier_1,tier_2',
    'order=tier_1,tier_2,tier_4',
    'weight=1',
    '=1',
  ])('refuses %s', (text) => {
    expect(() => replaySetting(text)).toThrow(/It must/);
  });
});
