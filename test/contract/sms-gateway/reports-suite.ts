import { eventually } from '../../support/eventually';
import type { ReportReading } from '../../../src/application/ports/delivery-reports';
import { submission, type SandboxBench } from './sandbox-bench';

/** What every adapter makes of its provider's reports, over the way on which they really come. */
export function readsReports(start: () => Promise<SandboxBench>): void {
  let bench: SandboxBench;
  beforeAll(async () => {
    bench = await start();
  });
  beforeEach(() => bench.acceptsAll());
  afterAll(() => bench?.stop());

  const send = async (change: object = {}): Promise<string> => {
    const outcome = await bench.gateway.submit(submission(change));
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
    return outcome.providerMessageId;
  };
  const reportsOf = (id: string): ReportReading[] =>
    bench.readings().filter(({ providerMessageId }) => providerMessageId === id);
  const reports = async (id: string, count: number): Promise<ReportReading[]> => {
    await eventually(() => Promise.resolve(reportsOf(id).length >= count), 5_000);
    // None more is to come: a report that must not be there would come at once.
    await new Promise((resolve) => setTimeout(resolve, 100));
    return reportsOf(id);
  };

  it('delivered, with the number that it was sent to', async () => {
    const to = '+254712000777';
    const [reading, ...more] = await reports(await send({ to }), 1);
    expect(reading).toMatchObject({ outcome: 'delivered', class: null, scope: null, phone: to, permanent: false });
    expect(more).toEqual([]);
  });
  it('not delivered, for ever: nobody has this number', async () => {
    const [reading] = await reports(await send({ to: '+254700000101' }), 1);
    const expected = { outcome: 'failed', class: 'P', failureCode: 'unknown_subscriber', permanent: true };
    expect(reading).toMatchObject(expected);
  });
  it('not delivered, for now: the phone is off', async () => {
    const [reading] = await reports(await send({ to: '+254700000102' }), 1);
    const expected = { outcome: 'failed', class: 'R', failureCode: 'absent_subscriber', permanent: false };
    expect(reading).toMatchObject(expected);
  });
  it('three times over', async () => {
    const outcomes = (await reports(await send({ to: '+254700000105' }), 3)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['delivered', 'delivered', 'delivered']);
  });
  it('in the wrong order', async () => {
    await bench.set({ report: { reorder: true } });
    const outcomes = (await reports(await send(), 3)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['delivered', 'in_transit', 'in_transit']);
  });
  it('that contradict one another', async () => {
    const outcomes = (await reports(await send({ to: '+254700000106' }), 2)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['delivered', 'failed']);
  });
  it('before the answer to the send', async () => {
    await bench.set({ report: { before_answer: true } });
    const id = await send();
    expect(reportsOf(id)).toMatchObject([{ outcome: 'delivered' }]);
  });
  it('about an id that was never given out', async () => {
    await bench.set({ report: { unknown_id: true } });
    const id = await send();
    await eventually(() => Promise.resolve(bench.readings().length > 0), 5_000);
    expect(reportsOf(id)).toEqual([]);
  });
  it('again, where it could not be kept the first time', async () => {
    bench.failToKeep(1);
    expect(await reports(await send(), 1)).toMatchObject([{ outcome: 'delivered' }]);
  });
  it('of none that it cannot read', () => {
    for (const junk of ['', 'junk', '{"results":[]}', '{"results":[{"status":{}}]}', '{}', 'id=&status=Success', '[1]'])
      expect(bench.gateway.readReport(Buffer.from(junk))).toBeNull();
    expect(bench.gateway.readReport(Buffer.from([0xff, 0xfe, 0x00, 0x7b]))).toBeNull();
  });
}
