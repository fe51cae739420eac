import { refuseForeignSites } from '../../../src/infrastructure/embedded/sandbox/control/guard';
import { Problem } from '../../../src/infrastructure/embedded/sandbox/control/problem';
import { readHandsetText, readInboxQuery, toE164 } from '../../../src/infrastructure/embedded/sandbox/control/requests';
import { backoffMs } from '../../../src/infrastructure/embedded/sandbox/engine/callback-queue';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof Problem) return `${error.status} ${error.code}`;
    throw error;
  }
  return 'ok';
};

describe('requests to the control API', () => {
  it.each([
    ['+254712345678', '+254712345678'],
    [' 254712345678', '+254712345678'],
    ['254712345678', '+254712345678'],
    ['0712 345-678', '+254712345678'],
    ['0112345678', '+254112345678'],
    ['hello', null],
    ['+0712345678', null],
  ])('reads %j as %j', (text, number) => {
    expect(toE164(text)).toBe(number);
  });

  it('reads an inbox query with its defaults', () => {
    expect(readInboxQuery(new URLSearchParams('to=+254712345678&after=inb_000000000007&limit=1000'))).toEqual({
      to: '+254712345678',
      after: 7,
      limit: 1_000,
    });
    expect(readInboxQuery(new URLSearchParams(''))).toEqual({ after: 0, limit: 20 });
  });

  it.each([
    ['limit=0', '400 invalid_parameter'],
    ['limit=1001', '400 invalid_parameter'],
    ['limit=x', '400 invalid_parameter'],
    ['to=nobody', '400 invalid_parameter'],
    ['after=7', '400 invalid_cursor'],
    ['before=7', '400 invalid_parameter'],
  ])('refuses %s', (query, code) => {
    expect(codeOf(() => readInboxQuery(new URLSearchParams(query)))).toBe(code);
  });

  it('names every bad field of a text from a handset', () => {
    expect(readHandsetText({ to: '22384', body: 'STOP' })).toEqual({ to: '22384', body: 'STOP' });
    for (const body of [null, [], { to: '', body: '', from: 'x' }, { to: '22384', body: 'x'.repeat(1_601) }])
      expect(codeOf(() => readHandsetText(body))).toBe('422 validation_failed');
  });

  it('waits longer after each attempt', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 99].map(backoffMs)).toEqual([
      500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 30_000, 30_000,
    ]);
  });
});

describe('the guard against other web sites', () => {
  it.each(['localhost', 'localhost:1', '127.0.0.1:8090', '[::1]', '[::1]:80', 'LOCALHOST:9'])('lets %s in', (host) => {
    expect(codeOf(() => refuseForeignSites({ host }))).toBe('ok');
  });

  it.each([
    undefined,
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1:80',
    'x@localhost',
  ])('keeps %s out', (host) => {
    expect(codeOf(() => refuseForeignSites({ host }))).toBe('403 forbidden_host');
  });

  it('lets only its own page send an Origin', () => {
    const host = '127.0.0.1:8090';
    expect(codeOf(() => refuseForeignSites({ host, origin: `http://${host}` }))).toBe('ok');
    for (const origin of ['null', 'http://evil.example', 'http://127.0.0.1:9999', `https://${host}`])
      expect(codeOf(() => refuseForeignSites({ host, origin }))).toBe('403 forbidden_origin');
  });
});
