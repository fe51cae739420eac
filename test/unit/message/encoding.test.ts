import fc from 'fast-check';
import { ANY_BODY, prepareBody } from '../../../src/domain/message/body';
import { offendingCharacters, transliterate } from '../../../src/domain/message/encoding';
import { isGsm7 } from '../../../src/domain/message/segments';

describe('transliteration', () => {
  it.each([
    ['“Karibu” – it’s 5 °C…', '"Karibu" - it\'s 5 °C...'],
    ['naïve façade', 'naive facade'],
    ['Zürich Málaga', 'Zürich Malaga'],
    ['a\u00a0b\u200bc', 'a bc'],
    ['e\u0301t\u00e9', 'été'],
    ['Łódź', 'Lodz'],
    ['жаба', 'жаба'],
    ['ok 👍', 'ok 👍'],
  ])('makes of %s: %s', (text, expected) => expect(transliterate(text)).toBe(expected));

  it('leaves GSM-7 alone, and is done once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const once = transliterate(text);
        expect(transliterate(once)).toBe(once);
        if (isGsm7(text)) expect(once).toBe(text);
      }),
    );
  });
});

describe('offending characters', () => {
  it('are each named once, with what would stand in their place', () => {
    expect(offendingCharacters('a’b’ж')).toEqual([
      { character: '’', codePoint: 'U+2019', replacement: "'" },
      { character: 'ж', codePoint: 'U+0436', replacement: null },
    ]);
    expect(offendingCharacters('Hujambo €{}')).toEqual([]);
    expect(offendingCharacters('👍')[0]?.codePoint).toBe('U+1F44D');
  });
  it('are none exactly where the text is GSM-7', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        expect(offendingCharacters(text).length === 0).toBe(isGsm7(text));
      }),
    );
  });
});

describe('a text as it is wanted', () => {
  it('is left as it is by default', () => {
    expect(prepareBody('it’s', ANY_BODY)).toMatchObject({ text: 'it’s', segmentation: { encoding: 'ucs2' } });
  });
  it('stays UCS-2 where a character has no equivalent', () => {
    const wish = { ...ANY_BODY, encoding: 'transliterate' } as const;
    expect(prepareBody('it’s жаба', wish)).toMatchObject({ text: "it's жаба", segmentation: { encoding: 'ucs2' } });
  });
  it('is refused where nothing is left of it', () => {
    const wish = { ...ANY_BODY, encoding: 'transliterate' } as const;
    expect(() => prepareBody('\u200d', wish)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });
});
