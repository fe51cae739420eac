import fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { parsePhone, type ForeignNumber } from '../../../src/domain/message/phone';

const notAsked = (): ForeignNumber => {
  throw new Error('the numbering plans of the world were asked about a Kenyan number or about nonsense');
};
const refusal = (code: string): Error => expect.objectContaining({ code });

describe('parsePhone', () => {
  it.each([
    '+254712345678',
    '254712345678',
    '0712345678',
    '0712 345 678',
    '0712-345-678',
    '(0712) 345678',
    ' +254 (712) 345-678 ',
  ])('reads %s', (text) => {
    expect(parsePhone(text, notAsked)).toEqual({ e164: '+254712345678', country: 'KE' });
  });

  it.each(['0110123456', '254110123456', '+254110123456'])('reads the newer range in %s', (text) => {
    expect(parsePhone(text, notAsked)).toEqual({ e164: '+254110123456', country: 'KE' });
  });

  it('reads every reserved number', () => {
    for (let n = 0; n < 100; n++) {
      const e164 = `+2547000001${String(n).padStart(2, '0')}`;
      expect(parsePhone(e164, notAsked)).toEqual({ e164, country: 'KE' });
    }
  });

  it.each([
    ['', 'nothing'],
    ['22384', 'a short code'],
    ['999', 'an emergency number'],
    ['112', 'an emergency number'],
    ['0202345678', 'a fixed line of Nairobi'],
    ['+254202345678', 'a fixed line in E.164'],
    ['254412345678', 'a fixed line of Mombasa'],
    ['+254800723253', 'a free number'],
    ['+2540712345678', 'a trunk zero behind the country code'],
    ['+254 (0) 712 345 678', 'the same in brackets'],
    ['2540712345678', 'the same without plus'],
    ['712345678', 'no prefix'],
    ['00254712345678', 'the exit code'],
    ['+25471234567', 'a digit short'],
    ['+2547123456789', 'a digit long'],
    ['071234567', 'a digit short'],
    ['+254122345678', 'an unassigned range'],
    ['+254199345678', 'an unassigned range'],
    ['٠٧١٢٣٤٥٦٧٨', 'Arabic-Indic digits'],
    ['０７１２３４５６７８', 'full-width digits'],
    ['tel:0712345678', 'words around it'],
    ['0712345678 ext 5', 'an extension'],
    ['+254712345678;ext=5', 'an extension'],
    ['0712.345.678', 'dots'],
    ['0712\u00a0345678', 'a no-break space'],
    ['0712345678\n', 'a line feed'],
    ['07+12345678', 'a plus inside'],
    ['++254712345678', 'two pluses'],
    ['+', 'a plus alone'],
    ['+0712345678', 'a plus before a national number'],
    ['1e10', 'a number of the other kind'],
    [`0712345678${' '.repeat(50)}`, 'endless spaces'],
  ])('refuses %j: %s', (text) => {
    expect(() => parsePhone(text, notAsked)).toThrow(
      expect.objectContaining({ code: 'validation_failed', fields: [expect.objectContaining({ field: 'to' })] }),
    );
  });

  it.each(['+254900223344', '254900223344'])('does not allow the premium number %s', (text) => {
    expect(() => parsePhone(text, notAsked)).toThrow(refusal('destination_not_allowed'));
  });

  it('names the field that it was asked about', () => {
    expect(() => parsePhone('x', notAsked, 'phone')).toThrow(
      expect.objectContaining({ fields: [expect.objectContaining({ field: 'phone' })] }),
    );
  });

  it('asks about a foreign number, in E.164', () => {
    const asked: string[] = [];
    const foreign = (e164: string): ForeignNumber => {
      asked.push(e164);
      return { kind: 'mobile', country: 'UG' };
    };
    expect(parsePhone('+256 (772) 123-456', foreign)).toEqual({ e164: '+256772123456', country: 'UG' });
    expect(asked).toEqual(['+256772123456']);
  });

  it.each([
    [{ kind: 'premium', country: 'UG' } as const, 'destination_not_allowed'],
    [{ kind: 'not_mobile', country: 'UG' } as const, 'validation_failed'],
    [{ kind: 'invalid' } as const, 'validation_failed'],
  ])('refuses a foreign number that is %j', (number, code) => {
    expect(() => parsePhone('+256312123456', () => number)).toThrow(refusal(code));
  });

  it('has the mobile ranges of the public numbering plan', () => {
    for (let prefix = 0; prefix < 1_000; prefix++) {
      const e164 = `+254${String(prefix).padStart(3, '0')}345678`;
      const type = parsePhoneNumberFromString(e164)?.getType();
      const theirs = type === 'MOBILE' ? 'mobile' : type === 'PREMIUM_RATE' ? 'premium' : 'neither';
      let ours = 'mobile';
      try {
        parsePhone(e164, notAsked);
      } catch (error) {
        ours = JSON.stringify(error).includes('destination_not_allowed') ? 'premium' : 'neither';
      }
      expect([e164, ours]).toEqual([e164, theirs]);
    }
  });

  it('answers or refuses any text, and what it answers it reads again as itself', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^\+?[0-9 ()-]{0,20}$/));
    fc.assert(
      fc.property(text, (it) => {
        let phone;
        try {
          phone = parsePhone(it, () => ({ kind: 'mobile', country: 'XX' }));
        } catch (error) {
          expect(['validation_failed', 'destination_not_allowed']).toContain(Object(error).code);
          return;
        }
        expect(phone.e164).toMatch(/^\+[1-9][0-9]{6,14}$/);
        expect(parsePhone(phone.e164, () => ({ kind: 'mobile', country: 'XX' }))).toEqual(phone);
      }),
      { numRuns: 2_000 },
    );
  });
});
