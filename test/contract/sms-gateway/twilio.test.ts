import { signatureOf } from '../../../src/infrastructure/providers/twilio/mapper';
import { eventually } from '../../support/eventually';
import { sandboxBench, submission, type SandboxBench } from './sandbox-bench';

describe('Twilio', () => {
  let bench: SandboxBench;
  beforeAll(async () => {
    bench = await sandboxBench('twilio');
  });
  afterAll(() => bench?.stop());
  beforeEach(() => bench.acceptsAll());

  it.each([
    [20003, 'F!', 'account'],
    [20404, 'F!', 'account'],
    [20429, 'R', null],
    [14107, 'R', null],
    [21211, 'P', null],
    [21408, 'F!', 'destination'],
    [21606, 'F!', 'sender'],
    [21608, 'F!', 'account'],
    [21610, 'P', null],
    [21612, 'F', null],
    [21614, 'P', null],
    [21617, 'P', null],
    [30001, 'R', null],
    [30002, 'F!', 'account'],
    [30004, 'F', null],
    [30005, 'P', null],
    [30007, 'F', null],
    [30034, 'F!', 'sender'],
    [39999, 'F', null],
    [29999, 'P', null],
  ])('reads code %i as class %s', async (code, failureClass, scope) => {
    await bench.set({ errors: [{ code, share: 1 }] });
    const expected = { kind: 'refused', class: failureClass, scope, byProvider: true, code: String(code) };
    expect(await bench.gateway.submit(submission())).toMatchObject(expected);
    expect(await bench.taken()).toBe(0);
  });
  it.each([
    ['http-400', { kind: 'refused', class: 'P', byProvider: false }],
    ['http-403', { kind: 'refused', class: 'F!', scope: 'account', byProvider: false }],
    ['http-500', { kind: 'unknown', code: 'http_500' }],
    ['http-504', { kind: 'unknown', code: 'http_504' }],
  ])('reads %s', async (code, expected) => {
    await bench.set({ errors: [{ code, share: 1 }] });
    expect(await bench.gateway.submit(submission())).toMatchObject(expected);
  });
  it('concerns the account where the token is wrong', async () => {
    const expected = { kind: 'refused', class: 'F!', scope: 'account', code: '20003', byProvider: true };
    expect(await bench.another({ authToken: 'another' }).submit(submission())).toMatchObject(expected);
  });

  describe('settles what was left without an answer', () => {
    const hung = async (message: ReturnType<typeof submission>): Promise<string> => {
      const since = new Date().toISOString();
      await bench.set({ hang: 'after_accept' });
      expect(await bench.gateway.submit(message)).toMatchObject({ kind: 'unknown' });
      await bench.set({ hang: 'none' });
      return since;
    };
    it('by the list, where the message stands in it', async () => {
      const message = submission();
      const since = await hung(message);
      await eventually(() => Promise.resolve(bench.readings().length > 0), 5_000);
      const [{ providerMessageId } = { providerMessageId: '' }] = bench.readings();
      expect(await bench.gateway.settle?.(message, since)).toMatchObject({ kind: 'accepted', providerMessageId });
      expect(await bench.taken()).toBe(1);
    });
    it('not where two could be it', async () => {
      const message = submission();
      const since = await hung(message);
      await bench.gateway.submit(message);
      expect(await bench.gateway.settle?.(message, since)).toBeNull();
    });
    it('not by one of another text, another sender or before its time', async () => {
      const message = submission();
      await bench.gateway.submit(message);
      const since = new Date().toISOString();
      expect(await bench.gateway.settle?.({ ...message, body: 'other' }, since)).toBeNull();
      expect(await bench.gateway.settle?.({ ...message, from: 'OTHER' }, since)).toBeNull();
      expect(await bench.gateway.settle?.(message, new Date(Date.now() + 60_000).toISOString())).toBeNull();
    });
    it('not where the list cannot be had', async () => {
      await bench.set({ outage: '503' });
      const unread = { kind: 'unknown', code: 'http_503', raw: { status: 503 } };
      expect(await bench.gateway.settle?.(submission(), new Date().toISOString())).toMatchObject(unread);
      await bench.set({ outage: 'refuse' });
      expect(await bench.gateway.settle?.(submission(), new Date().toISOString())).toBeNull();
    });
  });

  it.each([
    ['30003', 'R', 'absent_subscriber', null],
    ['30005', 'P', 'unknown_subscriber', null],
    ['30007', 'F', 'rejected', null],
    ['30034', 'F!', 'sender_not_accepted', 'sender'],
    ['failed', 'F', 'delivery_failed', null],
    ['canceled', 'F', 'rejected', null],
    ['99999', 'F', 'delivery_failed', null],
  ])('reads a report with %s as class %s', async (reason, failureClass, failureCode, scope) => {
    await bench.set({ report: { outcome: 'undelivered', reason, before_answer: true } });
    await bench.gateway.submit(submission());
    expect(bench.readings()).toMatchObject([
      { outcome: 'failed', class: failureClass, failureCode, scope, code: reason },
    ]);
  });

  describe('believes no report', () => {
    const form = 'MessageSid=SM11112222333344445555666677778888&MessageStatus=delivered&To=%2B254722000001';
    const url = 'https://gateway.example.test/base';
    const signed = (path: string, token = 'the-key') => signatureOf(token, url + path, new URLSearchParams(form));
    const post = (signature: string | null, path = bench.reportPath, body = form) =>
      bench.post(path, body, signature === null ? {} : { 'x-twilio-signature': signature });

    it('without its signature over our public address', async () => {
      expect(await post(null)).toBe(404);
      expect(await post('')).toBe(404);
      expect(await post(signed(bench.reportPath, 'not the token'))).toBe(404);
      expect(await post(signed('/elsewhere'))).toBe(404);
      expect(await post(signed(bench.reportPath), bench.reportPath, form.replace('delivered', 'failed'))).toBe(404);
      expect(bench.kept).toEqual([]);
      expect(await post(signed(bench.reportPath))).toBe(200);
      expect(bench.readings()).toMatchObject([{ outcome: 'delivered', phone: '+254722000001' }]);
    });
    it('with a query that was not signed', async () => {
      expect(await post(signed(bench.reportPath), `${bench.reportPath}?a=b`)).toBe(404);
      expect(await post(signed(`${bench.reportPath}?a=b`), `${bench.reportPath}?a=b`)).toBe(200);
    });
    it('that the simulator signs badly', async () => {
      await bench.set({ report: { bad_signature: true } });
      await bench.gateway.submit(submission());
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(bench.kept).toEqual([]);
    });
  });

  describe('a text from a handset', () => {
    const form = `MessageSid=SM${'1'.repeat(32)}&From=%2B254722000001&To=%2B254711082300&Body=Stop&OptOutType=STOP`;
    const url = 'https://gateway.example.test/base';
    const signed = (path: string) => ({
      'x-twilio-signature': signatureOf('the-key', url + path, new URLSearchParams(form)),
    });

    it('is believed by its signature over the address of texts, and answered with nothing that would be sent', async () => {
      expect(await bench.answerTo(bench.inboundPath, form)).toMatchObject({ status: 404 });
      expect(await bench.answerTo(bench.inboundPath, form, signed(bench.reportPath))).toMatchObject({ status: 404 });
      expect(bench.keptTexts).toEqual([]);
      const answer = await bench.answerTo(bench.inboundPath, form, signed(bench.inboundPath));
      expect(answer).toEqual({ status: 204, text: '' });
      const sid = `SM${'1'.repeat(32)}`;
      expect(bench.textReadings()).toEqual([
        {
          kind: 'text',
          providerTextId: sid,
          from: '+254722000001',
          to: '+254711082300',
          text: 'Stop',
          part: null,
          isOptOut: true,
        },
      ]);
    });
    it('is told of with the text alone: there is no address of opt-outs', async () => {
      expect(await bench.answerTo(bench.optOutPath, form, signed(bench.optOutPath))).toMatchObject({ status: 404 });
    });
  });
});
