import { ANY_BODY, checkBody, prepareBody } from '../../../src/domain/message/body';

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

describe('a promotional body', () => {
  const wish = { ...ANY_BODY, optOutText: 'STOP*456*9*5#' };

  it.each([
    ['Sale today!', 'Sale today! STOP*456*9*5#'],
    ['Sale today!\n', 'Sale today!\nSTOP*456*9*5#'],
    ['Sale today! STOP*456*9*5#', 'Sale today! STOP*456*9*5#'],
    ['Stop *456*9*5# Sale today!', 'Stop *456*9*5# Sale today!'],
    ['Dial *456*9*5#', 'Dial *456*9*5# STOP*456*9*5#'],
  ])('%j says how to opt out, once', (text, sent) => {
    expect(prepareBody(text, wish).text).toBe(sent);
    expect(prepareBody(sent, wish).text).toBe(sent);
  });
  it('is counted with it', () => {
    expect(prepareBody('a'.repeat(146), wish).segmentation.segments).toBe(1);
    expect(prepareBody('a'.repeat(147), wish).segmentation.segments).toBe(2);
    expect(prepareBody('’'.repeat(57), wish).segmentation).toMatchObject({ encoding: 'ucs2', segments: 2 });
    expect(prepareBody('’'.repeat(57), { ...wish, encoding: 'transliterate' }).text).toMatch(/'{57} STOP/);
    expect(() => prepareBody('a'.repeat(147), { ...wish, maxSegments: 1 })).toThrow('takes 2 segments');
    expect(() => prepareBody('a'.repeat(1_520), wish)).toThrow('must fit into 10 segments');
  });
  it('must say something of its own', () => {
    expect(() => prepareBody('  ', wish)).toThrow('must not be empty');
  });
});
