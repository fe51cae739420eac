import { NETWORKS, networkOf } from '../../../src/domain/message/network';
import { parsePhone } from '../../../src/domain/message/phone';

describe('the network of a number', () => {
  it.each([
    ['+254700000100', '63902'],
    ['+254729999999', '63902'],
    ['+254743000000', '63902'],
    ['+254745000000', '63902'],
    ['+254748000000', '63902'],
    ['+254757000000', '63902'],
    ['+254768000000', '63902'],
    ['+254799000000', '63902'],
    ['+254110000000', '63902'],
    ['+254733000000', '63903'],
    ['+254756000000', '63903'],
    ['+254762000000', '63903'],
    ['+254780000000', '63903'],
    ['+254100000000', '63903'],
    ['+254772000000', '63907'],
    ['+254763000000', '63999'],
    ['+254766000000', '63999'],
    ['+254747000000', '63910'],
    ['+254744000000', '63909'],
    ['+254760000000', '63904'],
  ])('of %s is %s', (number, network) => {
    expect(networkOf(number)).toBe(network);
    expect(NETWORKS.has(network)).toBe(true);
  });
  it.each(['+254767000000', '+254120000000', '+254749000000', '+256772000000', '+12025550123', '+25', '+254', ''])(
    'of %s is not known',
    (number) => {
      expect(networkOf(number)).toBeNull();
    },
  );
  it('is only of numbers that a text can be sent to', () => {
    const never = () => ({ kind: 'invalid' }) as const;
    for (let prefix = 0; prefix < 1_000; prefix++) {
      const number = `+254${String(prefix).padStart(3, '0')}123456`;
      if (networkOf(number) !== null) expect(parsePhone(number, never).e164).toBe(number);
    }
  });
});
