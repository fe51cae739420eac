import fc from 'fast-check';
import { fraudScore, REFUSE_AT, type FraudSignals } from '../../../src/domain/fraud/score';

const harmless: FraudSignals = {
  block: 'none',
  recipientPerMinute: 1,
  recipientPerMinuteLimit: 30,
  to: '+254712345678',
  country: 'KE',
  countriesAllowed: ['KE', 'UG'],
  simulated: true,
};

describe('fraudScore', () => {
  it('has nothing against an ordinary message', () => {
    expect(fraudScore(harmless)).toEqual({ score: 0, reasons: [], refuse: null });
  });

  it.each([
    ['a blocked recipient', { block: 'recipient' }, 'recipient_blocked', 'recipient_blocked'],
    ['a blocked prefix', { block: 'prefix' }, 'prefix_blocked', 'fraud_blocked'],
    ['a blocked customer', { block: 'customer' }, 'customer_blocked', 'fraud_blocked'],
    ['a closed country', { country: 'RU' }, 'destination_not_allowed', 'destination_not_allowed'],
    ['the number reserved for it', { to: '+254700000112' }, 'reserved_number', 'fraud_blocked'],
    ['velocity over the limit', { recipientPerMinute: 31 }, 'recipient_velocity', 'fraud_blocked'],
  ] as const)('refuses %s', (_name, signals, reason, code) => {
    const { score, reasons, refuse } = fraudScore({ ...harmless, ...signals });
    expect(score).toBeGreaterThanOrEqual(REFUSE_AT);
    expect({ reasons, refuse }).toEqual({ reasons: [reason], refuse: code });
  });

  it('allows the limit itself', () => {
    expect(fraudScore({ ...harmless, recipientPerMinute: 30 })).toEqual({
      score: 60,
      reasons: ['recipient_velocity'],
      refuse: null,
    });
  });

  it('takes the reserved number for an ordinary one where a real provider may carry it', () => {
    expect(fraudScore({ ...harmless, to: '+254700000112', simulated: false }).refuse).toBeNull();
  });

  it('names a block before all else', () => {
    const { reasons, refuse } = fraudScore({ ...harmless, block: 'recipient', country: 'RU', recipientPerMinute: 99 });
    expect(refuse).toBe('recipient_blocked');
    expect(reasons).toEqual(['recipient_blocked', 'destination_not_allowed', 'recipient_velocity']);
  });

  it('stays between 0 and 100, rises with velocity, and refuses exactly from the line on', () => {
    const signals = fc.record({
      block: fc.constantFrom<FraudSignals['block'][]>('none', 'recipient', 'prefix', 'customer'),
      recipientPerMinute: fc.nat({ max: 200 }),
      recipientPerMinuteLimit: fc.integer({ min: 1, max: 100 }),
      to: fc.constantFrom('+254712345678', '+254700000112'),
      country: fc.constantFrom('KE', 'RU'),
      countriesAllowed: fc.constantFrom(['KE'], ['KE', 'RU'], []),
      simulated: fc.boolean(),
    });
    fc.assert(
      fc.property(signals, (it) => {
        const now = fraudScore(it);
        const next = fraudScore({ ...it, recipientPerMinute: it.recipientPerMinute + 1 });
        expect(now.score).toBeGreaterThanOrEqual(0);
        expect(next.score).toBeLessThanOrEqual(100);
        expect(next.score).toBeGreaterThanOrEqual(now.score);
        expect(now.refuse !== null).toBe(now.score >= REFUSE_AT);
      }),
    );
  });
});
