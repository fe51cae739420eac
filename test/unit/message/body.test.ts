import { checkBody } from '../../../src/domain/message/body';

describe('checkBody', () => {
  it.each([
    ['', 'empty'],
    ['   \n\t ', 'only spaces'],
    ['a\0b', 'NUL'],
    ['lone \ud83d high', 'half a pair'],
    ['lone \ude00', 'half a pair at the end'],
    ['\ude00\ud83d', 'a pair the wrong way round'],
    ['a'.repeat(1531), 'eleven segments'],
    ['ж'.repeat(671), 'eleven segments of UCS-2'],
    ['a'.repeat(5_000_000), 'huge'],
  ])('refuses %#: %s', (text) => {
    expect(() => checkBody(text)).toThrow(
      expect.objectContaining({ code: 'validation_failed', fields: [expect.objectContaining({ field: 'body' })] }),
    );
  });

  it.each([
    ['Habari', 1],
    ['a'.repeat(1530), 10],
    ['ж'.repeat(670), 10],
    ['😀', 1],
    ['\u202eright to left\u202c', 1],
    ['zero\u200bwidth', 1],
    ['\u0007bell', 1],
  ])('accepts %# as it is', (text, segments) => {
    expect(checkBody(text).segments).toBe(segments);
  });
});
