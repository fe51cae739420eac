import { PassThrough } from 'node:stream';
import { PinoLogger } from '../../../src/infrastructure/observability/pino-logger';

function logged(write: (logger: PinoLogger) => void): string {
  const stream = new PassThrough();
  write(PinoLogger.to(stream, 'debug'));
  return String(stream.read());
}

const KEY = 'wk_live_0123456789ABCDEFabcdefghijklmnopqrstuvwxyz012345abcdef';

describe('PinoLogger', () => {
  it('writes level, time and fields as one JSON line', () => {
    const line: unknown = JSON.parse(logged((logger) => logger.child({ requestId: 'r1' }).info({ ms: 3 }, 'done')));
    expect(line).toMatchObject({ level: 'info', requestId: 'r1', ms: 3, msg: 'done' });
  });

  it.each([
    ['a member named for a secret', { authorization: `Bearer ${KEY}` }, KEY],
    ['a nested one', { request: { headers: { authorization: KEY } } }, KEY],
    ['a body', { message: { body: 'Your code is 847291' } }, '847291'],
    ['a phone number', { request: { to: '+254712345678' } }, '254712345678'],
    ['a key in an error', { err: new Error(`no such key ${KEY}`) }, KEY],
    ['a phone number in an error', { err: new Error('no route to +254712345678 now') }, '254712345678'],
    ['a national number in an error', { err: new Error('no route to 0712 345-678 now') }, '345-678'],
    ['credentials in a URL', { err: new Error('connect postgres://waht:hunter2@db/waht') }, 'hunter2'],
    ['a cause', { err: new Error('outer', { cause: new Error(`inner ${KEY}`) }) }, KEY],
  ])('never shows %s', (_what, fields, secret) => {
    const line = logged((logger) => logger.error(fields, `failed with ${KEY}`));
    expect(line).not.toContain(secret);
    expect(line).not.toContain(KEY);
    expect(line).toContain('failed with');
  });
});
