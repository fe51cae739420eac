import { isSigned, signatureOf } from '../../../src/infrastructure/providers/twilio/mapper';

describe("Twilio's signature", () => {
  const token = '0123456789abcdef0123456789abcdef';
  const url = 'https://gw.example.test/hooks/twilio/status?tenant=t1';
  const sid = `SM${'a'.repeat(32)}`;
  const form = new URLSearchParams({
    MessageSid: sid,
    SmsSid: sid,
    MessageStatus: 'delivered',
    SmsStatus: 'delivered',
    To: '+254700000111',
    From: 'GATEWAY',
    AccountSid: `AC${'b'.repeat(32)}`,
    ApiVersion: '2010-04-01',
  });
  const signature = 'j+yBEKpWAOeYccgmn2xEIelMBhk=';

  it('is what its own libraries make of the same request', () => {
    expect(signatureOf(token, url, form)).toBe(signature);
    expect(isSigned(signature, token, url, Buffer.from(form.toString()))).toBe(true);
  });
  it('is over each value of a field once, in order', () => {
    const twice = new URLSearchParams('MediaUrl=b&MediaUrl=a&MediaUrl=b&A=1');
    expect(signatureOf(token, url, twice)).toBe(signatureOf(token, `${url}A1MediaUrlab`, new URLSearchParams()));
  });
  it.each([undefined, '', signature.slice(0, -1), `${signature}=`, ['x'], 'j+yBEKpWAOeYccgmn2xEIelMBhl='])(
    'is not %p',
    (wrong) => {
      expect(isSigned(wrong, token, url, Buffer.from(form.toString()))).toBe(false);
    },
  );
});
