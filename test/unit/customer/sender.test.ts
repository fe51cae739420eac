import { checkSender } from '../../../src/domain/customer/sender';

describe('checkSender', () => {
  it.each([
    'WAHT',
    'Waht Alerts',
    'A',
    'M-PESA',
    'AT&T',
    '3tech',
    '12345678901'.replace(/^1/, 'x'),
    '22384',
    '40404',
    '+254712345678',
  ])('accepts %s', (sender) => expect(checkSender(sender)).toBe(sender));

  it.each([
    ['', 'empty'],
    ['ABCDEFGHIJKL', 'twelve characters'],
    ['WАНТ', 'Cyrillic letters that look like Latin ones'],
    ['WAHT€', 'a character of the extension table'],
    ['WAHT😀', 'an emoji'],
    [' WAHT', 'a leading space'],
    ['WAHT ', 'a trailing space'],
    ['WA\nHT', 'a line feed'],
    ['WAHT\u200b', 'a zero-width space'],
    ['12', 'too short for a short code'],
    ['123456789', 'neither a short code nor E.164'],
    ['+0712345678', 'no country code'],
    ['---', 'no letter'],
    ['&', 'no letter'],
  ])('refuses %j: %s', (sender) => {
    expect(() => checkSender(sender)).toThrow(
      expect.objectContaining({ code: 'validation_failed', fields: [expect.objectContaining({ field: 'sender_id' })] }),
    );
  });
});
