import * as wire from '../../../src/infrastructure/embedded/sandbox/providers/africastalking/wire';

const ID = 'ATXid_4f1c0ffee0000000000000000000aa01';
const report = (meaning: Parameters<typeof wire.writeReport>[2]) => wire.writeReport(ID, '+254700000111', meaning).body;

describe("Africa's Talking on the wire", () => {
  it('reads the form, several recipients and the default sender', () => {
    const body = 'username=sandbox&to=%2B254700000100%2C+%2B254700000101&message=Habari+%26+karibu+%E2%82%AC';
    expect(wire.readSendForm(body)).toEqual({
      username: 'sandbox',
      to: ['+254700000100', '+254700000101'],
      message: 'Habari & karibu €',
      from: 'AFRICASTKNG',
    });
    expect(wire.readSendForm(`${body}&from=WAHT`)).toMatchObject({ from: 'WAHT' });
  });

  it.each([
    ['', 'username'],
    ['username=a&message=b', 'to'],
    ['username=a&to=,&message=b', 'to'],
    ['username=a&to=%2B254700000100', 'message'],
  ])('says what %j lacks', (body, missing) => {
    expect(wire.readSendForm(body)).toEqual({ missing });
  });

  it('answers in JSON with costs that carry their currency and "None" for a refused recipient', () => {
    const data = wire.answer([wire.accepted('+254700000111', 2, ID), wire.refused('+25470', 403)], 2);
    const { contentType, body } = wire.writeAnswer(data, 'application/json');
    expect(contentType).toMatch(/^application\/json/);
    expect(JSON.parse(body)).toEqual({
      SMSMessageData: {
        Message: 'Sent to 1/2 Total Cost: KES 1.6000',
        Recipients: [
          { statusCode: 101, number: '+254700000111', status: 'Success', cost: 'KES 1.6000', messageId: ID },
          { statusCode: 403, number: '+25470', status: 'InvalidPhoneNumber', cost: '0', messageId: 'None' },
        ],
      },
    });
  });

  it('answers in XML, escaped, when JSON is not asked for', () => {
    const { contentType, body } = wire.writeAnswer(wire.answer([wire.refused('<&>', 999)], 0), '*/*');
    expect(contentType).toMatch(/^application\/xml/);
    expect(body).toContain('<number>&#60;&#38;&#62;</number>');
    expect(body).toContain('<status>Unknown</status><statusCode>999</statusCode><messageId>None</messageId>');
  });

  it('writes reports as the documented form', () => {
    expect(report({ kind: 'undelivered', cause: { known: 'failed' } })).toBe(
      `id=${ID}&status=Failed&phoneNumber=%2B254700000111&networkCode=63902&failureReason=DeliveryFailure`,
    );
    expect(report({ kind: 'delivered' })).toBe(`id=${ID}&status=Success&phoneNumber=%2B254700000111&networkCode=63902`);
  });

  it.each([
    [{ known: 'unknown_subscriber' as const }, 'Failed', 'UserDoesNotExist'],
    [{ known: 'absent' as const }, 'AbsentSubscriber', null],
    [{ own: 'Expired' }, 'Expired', null],
    [{ own: 'Rejected' }, 'Rejected', null],
    [{ own: 'NotNetworkSubcriber' }, 'Failed', 'NotNetworkSubcriber'],
  ])('reports %j as status %s, reason %s', (cause, status, reason) => {
    const form = new URLSearchParams(report({ kind: 'undelivered', cause }));
    expect([form.get('status'), form.get('failureReason')]).toEqual([status, reason]);
  });

  it('knows the networks by number range', () => {
    const numbers = ['+254712345678', '+254733987654', '+254770000000', '+254763000000', '+255712345678'];
    expect(numbers.map((number) => wire.networkCode(number))).toEqual(['63902', '63903', '63907', '63999', '99999']);
  });

  it('writes an inbound text as the documented form', () => {
    const text = {
      id: 'rep_1',
      from: '+254712345678',
      to: '22384',
      body: 'STOP & go',
      sent_at: '2026-01-01T00:00:00Z',
    };
    const { target, body } = wire.writeInbound(text);
    expect(target).toBe('inbound');
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      date: '2026-01-01T00:00:00Z',
      from: '+254712345678',
      id: 'rep_1',
      linkId: '',
      text: 'STOP & go',
      to: '22384',
      cost: '0',
      networkCode: '63902',
    });
  });
});
