import { relativeTime, writeSubmission } from '../../../src/infrastructure/providers/smpp/submission';

const submission = (change: object = {}) => ({
  to: '+254722000001',
  from: 'WAHT',
  body: 'hello',
  encoding: 'gsm7' as const,
  messageId: 'msg_1',
  attempt: 1,
  validForSeconds: 3_600,
  ...change,
});

describe('a submission', () => {
  it.each([
    [1, '000000000001000R'],
    [0.5, '000000000001000R'],
    [3_661, '000000010101000R'],
    [86_400, '000001000000000R'],
    [259_200, '000003000000000R'],
  ])('valid for %i s says so', (seconds, expected) => {
    expect(relativeTime(seconds)).toBe(expected);
  });
  it.each([
    ['WAHT', { source_addr_ton: 5, source_addr_npi: 0, source_addr: 'WAHT' }],
    ['22384', { source_addr_ton: 3, source_addr_npi: 0, source_addr: '22384' }],
    ['+254711082000', { source_addr_ton: 1, source_addr_npi: 1, source_addr: '254711082000' }],
    ['4U', { source_addr_ton: 5, source_addr_npi: 0, source_addr: '4U' }],
  ])('comes from %s', (from, expected) => {
    expect(writeSubmission(submission({ from }), 0)[0]).toMatchObject(expected);
  });
  it('goes to digits, in the coding of its text, and wants a receipt', () => {
    const expected = { destination_addr: '254722000001', dest_addr_ton: 1, dest_addr_npi: 1, registered_delivery: 1 };
    const [gsm] = writeSubmission(submission(), 0);
    expect(gsm).toMatchObject({ ...expected, data_coding: 0, short_message: Buffer.from('hello') });
    const [ucs] = writeSubmission(submission({ body: 'я€', encoding: 'ucs2' }), 0);
    expect(ucs).toMatchObject({ data_coding: 8, short_message: Buffer.from('044f20ac', 'hex') });
  });
  it('of several parts joins them by a header, none longer than a short message may be', () => {
    const parts = writeSubmission(submission({ body: 'x'.repeat(400) }), 0x142);
    expect(parts.map(({ short_message: short }) => short)).toEqual([
      { udh: Buffer.from([5, 0, 3, 0x42, 3, 1]), message: Buffer.from('x'.repeat(153)) },
      { udh: Buffer.from([5, 0, 3, 0x42, 3, 2]), message: Buffer.from('x'.repeat(153)) },
      { udh: Buffer.from([5, 0, 3, 0x42, 3, 3]), message: Buffer.from('x'.repeat(94)) },
    ]);
  });
});
