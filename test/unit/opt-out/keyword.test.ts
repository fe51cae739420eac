import { optOutKeyword } from '../../../src/domain/opt-out/keyword';

describe('a text that opts out', () => {
  it.each([
    ['STOP', 'STOP'],
    ['stop', 'STOP'],
    ['Ondoka', 'ONDOKA'],
    ['tOKA', 'TOKA'],
    ['  Stop.\r\n', 'STOP'],
    ['"TOKA!!"', 'TOKA'],
    ['S T O P', 'STOP'],
    ['s.t.o.p', 'STOP'],
    ['STOP*456*9*5#', 'STOP'],
    ['Stop *456*9*5#', 'STOP'],
    ['STOP *456 *9 *5 #', 'STOP'],
    ['toka*456*9*5', 'TOKA'],
    ['*456*9*5#', 'STOP'],
    ['\u200bSTOP\u200b', 'STOP'],
    ['ＳＴＯＰ', 'STOP'],
    ['stop 🛑', 'STOP'],
  ])('%j', (text, keyword) => expect(optOutKeyword(text)).toBe(keyword));

  it.each([
    '',
    '   ',
    'START',
    'Please don’t stop',
    'Stop at the office',
    'nonstop',
    'STOPP',
    'stop 5',
    '*144#',
    '*456*9*6#',
    'asante',
    'Tokaa',
    `STOP${' '.repeat(100)}`,
  ])('is not %j', (text) => expect(optOutKeyword(text)).toBeNull());
});
