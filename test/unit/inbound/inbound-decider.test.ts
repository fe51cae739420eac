import { addressOf, isInboundNumber } from '../../../src/domain/inbound/address';
import type { AssignInboundNumber, InboundCommand } from '../../../src/domain/inbound/commands';
import { inboundDecider } from '../../../src/domain/inbound/decider';
import type { InboundEvent } from '../../../src/domain/inbound/events';
import { meaningOf, type InboundState } from '../../../src/domain/inbound/state';
import { fold } from '../../../src/domain/shared/decider';
import type { Mode } from '../../../src/domain/shared/event';

const NUMBER = '22384';
const assign = (change: Partial<AssignInboundNumber> = {}): AssignInboundNumber => ({
  type: 'AssignInboundNumber',
  number: NUMBER,
  keyword: null,
  customerId: 'cus_1',
  mode: 'live',
  senders: [],
  ...change,
});
const release = (customerId = 'cus_1', keyword: string | null = null): InboundCommand => ({
  type: 'ReleaseInboundNumber',
  number: NUMBER,
  keyword,
  customerId,
});
const discard = (textId: string, note = 'advertising'): InboundCommand => ({
  type: 'DiscardParkedText',
  number: NUMBER,
  textId,
  note,
});

function after(...commands: InboundCommand[]): InboundState {
  let state = inboundDecider.initialState;
  for (const command of commands) state = fold(inboundDecider, inboundDecider.decide(command, state), state);
  return state;
}
const decide = (command: InboundCommand, state = after()): readonly InboundEvent[] =>
  inboundDecider.decide(command, state);

describe('a number that people write to', () => {
  it('is assigned, and the same again changes nothing', () => {
    const [event] = decide(assign({ senders: ['SHOP', 'SHOP'] }));
    expect(event).toEqual({
      type: 'InboundNumberAssigned',
      data: { number: NUMBER, keyword: null, customerId: 'cus_1', mode: 'live', senders: ['SHOP'] },
    });
    expect(decide(assign({ senders: ['SHOP'] }), after(assign({ senders: ['SHOP'] })))).toEqual([]);
  });
  it('can be given other senders, or another mode, by the same customer only', () => {
    const standing = after(assign());
    expect(decide(assign({ senders: ['SHOP'] }), standing)).toHaveLength(1);
    expect(decide(assign({ mode: 'test' }), standing)).toHaveLength(1);
    expect(() => decide(assign({ customerId: 'cus_2' }), standing)).toThrow(/another customer/);
  });
  it('is shared by keywords, in whatever case they are given', () => {
    const shared = after(assign({ keyword: 'shop' }), assign({ keyword: 'Bank', customerId: 'cus_2' }));
    expect(shared.assignments.map(({ keyword, customerId }) => [keyword, customerId])).toEqual([
      ['SHOP', 'cus_1'],
      ['BANK', 'cus_2'],
    ]);
    expect(() => decide(assign({ keyword: ' SHOP ', customerId: 'cus_2' }), shared)).toThrow(/another customer/);
  });
  it.each(['', 'two words', 'a-b', 'X'.repeat(21), '!'])('takes no keyword %j', (keyword) => {
    expect(() => decide(assign({ keyword }))).toThrow(/keyword/);
  });
  it.each(['12', '123456789', 'SHOP', '+0711', '0711082300'])('is not %j', (number) => {
    expect(() => decide(assign({ number }))).toThrow(/number/);
  });
  it('is released by its own customer, once, and can be assigned to another then', () => {
    expect(() => decide(release())).toThrow(/Nobody/);
    expect(() => decide(release('cus_2'), after(assign()))).toThrow(/another customer/);
    const released = after(assign(), release());
    expect(decide(release(), released)).toEqual([]);
    expect(after(assign(), release(), assign({ customerId: 'cus_2' })).assignments).toHaveLength(1);
  });
  it('keeps in mind what was discarded, with a reason', () => {
    expect(() => decide(discard('1', ' '))).toThrow(/note/);
    expect(decide(discard('1'))).toHaveLength(1);
    expect(decide(discard('1'), after(discard('1')))).toEqual([]);
  });
});

describe('a text', () => {
  const isStop = (text: string): boolean => text.trim().toUpperCase() === 'STOP';
  const live: ReadonlySet<Mode> = new Set(['live']);
  const meaning = (text: string, ...commands: InboundCommand[]) => {
    const { owner, stops } = meaningOf(after(...commands), text, live, isStop);
    return { owner: owner?.customerId ?? null, stops: stops.map(({ customerId }) => customerId) };
  };
  const shop = assign({ keyword: 'SHOP' });
  const bank = assign({ keyword: 'BANK', customerId: 'cus_2' });
  const whole = assign({ customerId: 'cus_3' });

  it.each([
    ['hello', [whole], 'cus_3', []],
    ['hello', [shop, bank], null, []],
    ['Shop, please call me', [shop, bank, whole], 'cus_1', []],
    ['  "BANK" balance', [shop, bank], 'cus_2', []],
    ['shopping', [shop, whole], 'cus_3', []],
    ['stop', [shop, bank, whole], 'cus_3', ['cus_3']],
    ['Stop', [shop, bank], null, ['cus_1', 'cus_2']],
    ['stop shop', [shop, bank, whole], 'cus_1', ['cus_1']],
    ['BANK: STOP!', [shop, bank], 'cus_2', ['cus_2']],
    ['stop shop now please', [shop, whole], 'cus_3', []],
    ['stop it', [shop, whole], 'cus_3', []],
    ['', [shop], null, []],
  ])('%j is whose it should be', (text, commands, owner, stops) => {
    expect(meaning(text, ...commands)).toEqual({ owner, stops });
  });
  it('is nobody’s where the account that brought it does not serve the mode', () => {
    expect(meaning('stop', assign({ mode: 'test' }))).toEqual({ owner: null, stops: [] });
    expect(meaning('shop', assign({ mode: 'test', keyword: 'SHOP' }), whole)).toEqual({ owner: 'cus_3', stops: [] });
  });
});

describe('a destination', () => {
  it.each([
    ['22384', '22384'],
    [' 22384 ', '22384'],
    ['+254711082300', '+254711082300'],
    ['254711082300', '+254711082300'],
    ['WAHT', 'WAHT'],
    ['', null],
    ['x'.repeat(21), null],
    ['a\nb', null],
  ])('%j has one form', (text, expected) => {
    expect(addressOf(text)).toBe(expected);
  });
  it('can be assigned where it is a short code or a number', () => {
    expect(['22384', '+254711082300'].every(isInboundNumber)).toBe(true);
    expect(['WAHT', '254711082300', '12'].some(isInboundNumber)).toBe(false);
  });
});
