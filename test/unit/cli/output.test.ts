import { facts, table } from '../../../src/cli/output';

const CLEAR_SCREEN = '\u001b[2J';
const REVERSED = '\u202e';

describe('what a stranger wrote', () => {
  it('cannot command the terminal from a table', () => {
    const shown = table(['name', 'n'], [[`a${CLEAR_SCREEN}b\u009bc${REVERSED}`, 1]]);
    expect(shown).toContain('a\ufffd[2Jb\ufffdc\ufffd');
    expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it('stays on one line and in its column', () => {
    expect(table(['name', 'n'], [['a\r\n\tb', 1]]).split('\n')).toEqual(['name  n', '────  ─', 'a b   1']);
  });

  it('cannot command it from a fact either', () => {
    expect(facts([['name', `x${CLEAR_SCREEN}`]])).toBe('name  x\ufffd[2J');
  });

  it('is otherwise shown as it is', () => {
    expect(
      facts([
        ['name', 'Duka la  Wanjikũ 👩‍🌾'],
        ['none', null],
      ]),
    ).toBe('name  Duka la  Wanjikũ 👩‍🌾\nnone  –');
  });
});
