import { WholeTexts, type WholeText } from '../../../src/application/inbound/whole-texts';
import type { Clock } from '../../../src/application/ports/clock';
import type {
  InboundInbox,
  InboxPart,
  TextPart,
  TextReading,
  TextVerdict,
} from '../../../src/application/ports/inbound-texts';

const AT = '2026-11-22T06:00:00.000Z';
const TEN_MINUTES_MS = 600_000;

/** Part `number` of three, which says `text`. */
const part = (id: string, number: number, text: string, settled = false): InboxPart => ({
  id,
  provider: 'smpp',
  kind: 'text',
  receivedAt: AT,
  tries: 0,
  settled,
  raw: Buffer.from(JSON.stringify({ text, part: { reference: 9, total: 3, number } })),
});

function readingOf({ raw }: { readonly raw: Buffer }): TextReading {
  const said = JSON.parse(raw.toString()) as { text: string; part: TextPart | null };
  return { kind: 'text', providerTextId: null, from: '+254722000001', to: '22384', isOptOut: false, ...said };
}

/** What becomes of the part `id` among all that came. */
function whole(id: string, all: readonly InboxPart[], waitedMs = 0): Promise<WholeText | TextVerdict> {
  const inbox: InboundInbox = {
    start: () => undefined,
    purge: () => Promise.resolve(0),
    stop: () => Promise.resolve(),
    partsOf: () => Promise.resolve(all),
  };
  const clock: Clock = { now: () => Date.parse(AT) + waitedMs, iso: () => AT, monotonicMs: () => 0 };
  const readers = { readInbound: (_provider: string, _kind: string, raw: Buffer) => readingOf({ raw }) };
  const text = all.find((one) => one.id === id);
  if (text === undefined) throw new Error(`no part ${id}`);
  return new WholeTexts(inbox, readers, clock).of(text, readingOf(text));
}

const [one, two, three] = [part('c', 1, 'one '), part('a', 2, 'two '), part('b', 3, 'three')];

describe('a text of several parts', () => {
  it('is whole with the last of them, in whatever order they came, and named after the first', async () => {
    const found = await whole('b', [two, one, three]);
    expect(found).toMatchObject({ first: { id: 'c' }, reading: { text: 'one two three', part: null } });
    expect('ids' in found && [...found.ids].sort()).toEqual(['a', 'b', 'c']);
    expect(await whole('a', [two, one, three])).toEqual(found);
  });
  it('waits for what is missing', async () => {
    expect(await whole('a', [two, three], TEN_MINUTES_MS - 1)).toMatchObject({ kind: 'later' });
  });
  it('is taken with a gap after ten minutes', async () => {
    const found = await whole('a', [two, three], TEN_MINUTES_MS);
    expect(found).toMatchObject({ first: { id: 'a' }, reading: { text: '…two three' }, ids: ['a', 'b'] });
  });
  it('has each part once, whichever came twice', async () => {
    const found = await whole('d', [one, two, part('d', 2, 'two '), three]);
    expect(found).toMatchObject({ reading: { text: 'one two three' } });
    expect('ids' in found && [...found.ids].sort()).toEqual(['a', 'b', 'c', 'd']);
  });
  it('is not made again of a part that comes when it is made', async () => {
    const made = [one, two, three].map((each) => ({ ...each, settled: true }));
    const again = { kind: 'settled', outcome: 'duplicate' };
    expect(await whole('d', [...made, part('d', 2, 'two ')])).toEqual({ ...again, ids: ['d'] });
    expect(await whole('a', made)).toEqual({ ...again, ids: ['a'] });
  });
  it('begins anew where a reference is used again for another text', async () => {
    const made = [one, two, three].map((each) => ({ ...each, settled: true }));
    expect(await whole('d', [...made, part('d', 2, 'other')])).toMatchObject({ kind: 'later' });
  });
  it('is not a matter of one that came whole', async () => {
    const raw = Buffer.from(JSON.stringify({ text: 'alone', part: null }));
    expect(await whole('x', [{ ...one, id: 'x', raw }])).toMatchObject({ ids: ['x'], reading: { text: 'alone' } });
  });
});
