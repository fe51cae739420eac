import { Cursors } from '../../../src/projections/messages/cursor';

const end = { createdAt: '2026-11-22T06:00:00.123Z', messageId: 'msg_00000000000000000000000001' };
const cursors = new Cursors(Buffer.alloc(32, 1));
const refused = expect.objectContaining({ code: 'invalid_cursor' });

describe('cursor', () => {
  it('comes back as where the page ended', () => {
    const cursor = cursors.write('a', end);
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(cursors.read('a', cursor)).toEqual(end);
  });

  it('is of no use in another list or under another key', () => {
    const cursor = cursors.write('a', end);
    expect(() => cursors.read('b', cursor)).toThrow(refused);
    expect(() => new Cursors(Buffer.alloc(32, 2)).read('a', cursor)).toThrow(refused);
  });

  it('is refused with any character changed, added or left out', () => {
    const cursor = cursors.write('a', end);
    for (let i = 0; i < cursor.length; i++) {
      const other = cursor[i] === 'A' ? 'B' : 'A';
      expect(() => cursors.read('a', cursor.slice(0, i) + other + cursor.slice(i + 1))).toThrow(refused);
      expect(() => cursors.read('a', cursor.slice(0, i) + cursor.slice(i + 1))).toThrow(refused);
    }
    for (const wrong of ['', 'AAAA', `${cursor}=`, `${cursor}A`, ` ${cursor}`, 'é'.repeat(2_000)]) {
      expect(() => cursors.read('a', wrong)).toThrow(refused);
    }
  });
});
