import { PDU } from 'smpp';
import {
  canonicalId,
  idOfReceipt,
  keepDelivery,
  readReceipt,
} from '../../../src/infrastructure/providers/smpp/receipt';

const text = (change = ''): string =>
  `id:7F00A1 sub:001 dlvrd:001 submit date:2601020304 done date:2601020305 stat:DELIVRD err:000 text:Habari${change}`;
const delivery = (fields: object): Buffer =>
  keepDelivery(
    Object.assign(
      new PDU('deliver_sm', { source_addr: '254722000001', destination_addr: 'WAHT', esm_class: 4 }),
      fields,
    ),
  );
const message = (said: string) => ({ short_message: { message: said } });

describe('an id in a receipt', () => {
  it.each([
    ['same', '7F00A1', '7f00a1'],
    ['same', '0000123', '123'],
    ['same', '0', '0'],
    ['decimal', '8323233', '7f00a1'],
    ['hex', '7F00A1', '8323233'],
    ['hex', 'ffffffffffffffff', '18446744073709551615'],
    // What is no number in that base is taken as it is.
    ['decimal', 'abc-1', 'abc-1'],
    ['hex', 'xyz', 'xyz'],
  ] as const)('written as %s: %s is %s', (written, id, expected) => {
    expect(idOfReceipt(id, written)).toBe(canonicalId(expected));
  });
});

describe('a receipt', () => {
  it('is read from its text', () => {
    expect(readReceipt(delivery(message(text())), 'same')).toEqual({
      providerMessageId: '7f00a1',
      part: true,
      phone: '+254722000001',
      outcome: 'delivered',
      code: 'DELIVRD',
      class: null,
      scope: null,
      reason: '',
      failureCode: '',
      permanent: false,
    });
  });
  it('is read whatever the case and the order', () => {
    const said = 'Stat:Undeliv Err:027 ID:00ab9 text:x';
    expect(readReceipt(delivery(message(said)), 'same')).toMatchObject({
      providerMessageId: 'ab9',
      code: 'UNDELIV_27',
    });
  });
  it('believes its parameters before its text', () => {
    const parameters = {
      receipted_message_id: '00C7',
      message_state: 5,
      network_error_code: Buffer.from([3, 0, 1]),
    };
    const reading = readReceipt(delivery({ ...message(text()), ...parameters }), 'decimal');
    expect(reading).toMatchObject({ providerMessageId: 'c7', class: 'P', failureCode: 'unknown_subscriber' });
  });
  it('does not take an error of another kind of network for one of GSM', () => {
    const parameters = { message_state: 5, network_error_code: Buffer.from([1, 0, 1]) };
    expect(readReceipt(delivery({ ...message(text()), ...parameters }), 'same')).toMatchObject({ class: 'R' });
  });
  it('is read from its parameters alone, or from a payload', () => {
    const parameters = { receipted_message_id: 'C7', message_state: 2 };
    expect(readReceipt(delivery({ ...message(''), ...parameters }), 'same')).toMatchObject({ outcome: 'delivered' });
    const payload = { short_message: { message: '' }, message_payload: { message: text() } };
    expect(readReceipt(delivery(payload), 'same')).toMatchObject({ providerMessageId: '7f00a1' });
  });
  it('is read where ASCII is marked as UCS-2', () => {
    const even = text().length % 2 === 0 ? text() : text(' ');
    const garbled = Buffer.from(even, 'latin1').swap16().toString('utf16le');
    expect(readReceipt(delivery({ ...message(garbled), data_coding: 8 }), 'same')).toMatchObject({
      outcome: 'delivered',
    });
  });
  it.each([
    ['a text from a handset', { esm_class: 0, ...message(text()) }],
    ['one without an id', message('stat:DELIVRD')],
    ['one without a state', message('id:1')],
    ['one in a state that nobody knows', message('id:1 stat:PERPLEXED')],
    ['an empty one', message('')],
  ])('is none: %s', (_name, fields) => {
    expect(readReceipt(delivery(fields), 'same')).toBeNull();
  });
});
