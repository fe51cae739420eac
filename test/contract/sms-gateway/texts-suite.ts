import type { InboundReading } from '../../../src/application/ports/inbound-texts';
import { eventually } from '../../support/eventually';
import type { SandboxBench } from './sandbox-bench';

const HANDSET = '+254722000321';

/** What every adapter makes of what people write, over the way on which it really comes. */
export function readsTexts(start: () => Promise<SandboxBench>): void {
  let bench: SandboxBench;
  beforeAll(async () => {
    bench = await start();
  });
  beforeEach(() => bench.acceptsAll());
  afterAll(() => bench?.stop());

  const readings = async (count: number): Promise<(InboundReading | null)[]> => {
    await eventually(() => Promise.resolve(bench.keptTexts.length >= count), 8_000);
    return bench.textReadings();
  };

  it.each([
    ['a short code', '22384', 'Habari yako?'],
    ['a number', '+254711082300', 'line one\nline two'],
    ['another script', '22384', 'ሰላም 😀 – “ça va?” [€]'],
    ['what looks like syntax', '22384', 'a=b&c=%2B+d {"results":[]} <Response/>'],
  ])('to %s, as it was written', async (_what, to, body) => {
    await bench.reply(HANDSET, to, body);
    const [reading] = await readings(1);
    expect(reading).toMatchObject({ kind: 'text', from: HANDSET, text: body, part: null, isOptOut: false });
    expect(reading?.kind === 'text' && [to, to.replace('+', '')]).toContain(reading?.kind === 'text' && reading.to);
    expect(bench.kept).toEqual([]);
  });
  it('again, where it could not be kept the first time', async () => {
    bench.failToKeep(1);
    await bench.reply(HANDSET, '22384', 'once');
    expect(await readings(1)).toMatchObject([{ text: 'once' }]);
  });
  it('of none that it cannot read', () => {
    const junk = [
      '',
      'junk',
      '{"results":[]}',
      '{"results":[{}]}',
      '{}',
      'id=1&from=&to=1&text=x',
      '[1]',
      'MessageSid=SM1',
    ];
    for (const text of junk) {
      expect(bench.gateway.readInbound('text', Buffer.from(text))).toBeNull();
      expect(bench.gateway.readInbound('opt_out', Buffer.from(text))).toBeNull();
    }
    expect(bench.gateway.readInbound('text', Buffer.from([0xff, 0xfe, 0x00, 0x7b]))).toBeNull();
  });
}
