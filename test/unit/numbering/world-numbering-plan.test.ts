import { WorldNumberingPlan } from '../../../src/infrastructure/numbering/world-numbering-plan';

describe('WorldNumberingPlan', () => {
  it.each([
    ['+255712345678', { kind: 'mobile', country: 'TZ' }],
    ['+256772123456', { kind: 'mobile', country: 'UG' }],
    ['+250788123456', { kind: 'mobile', country: 'RW' }],
    ['+14155550132', { kind: 'mobile', country: 'US' }],
    ['+442071838750', { kind: 'not_mobile', country: 'GB' }],
    ['+18005551234', { kind: 'not_mobile', country: 'US' }],
    ['+19005551234', { kind: 'premium', country: 'US' }],
    ['+2551', { kind: 'invalid' }],
    ['+999123456789', { kind: 'invalid' }],
  ])('knows what %s is', (e164, expected) => {
    expect(new WorldNumberingPlan().foreign(e164)).toEqual(expected);
  });
});
