import { NotYours } from '../../../src/application/shared/not-yours';
import { NO_SUCH_MESSAGE } from '../../../src/application/ports/message-reads';
import { fixedClock } from '../message/send/fakes';
import { httpWorld, mistyped, strangersKey, type HttpWorld } from './http-app';

const ID = 'msg_00000000000000000000000001';

describe('what the log of refused calls is given', () => {
  let world: HttpWorld;
  beforeEach(async () => {
    world = await httpWorld();
  });
  afterEach(() => world.app.close());

  const get = (url: string, key: string | null) =>
    world.app.inject({ method: 'GET', url, headers: key === null ? {} : { authorization: `Bearer ${key}` } });

  it.each([
    ['no_key', () => null, null],
    ['malformed_key', () => mistyped(world.liveKey), null],
    ['unknown_key', () => strangersKey(), null],
    ['revoked_key', () => world.directory.issue('live', ['messages'], { revoked: true }), '0000000000000003'],
    [
      'expired_key',
      () => world.directory.issue('live', ['messages'], { expiresAt: fixedClock.iso() }),
      '0000000000000003',
    ],
  ])('of a call with %s: the reason that the answer does not give', async (reason, key, keyId) => {
    const shown = key();
    const answer = await get(`/v1/messages/${ID}`, shown);
    expect(answer.statusCode).toBe(401);
    expect(answer.body).not.toContain(reason);
    expect(world.refused).toMatchObject([
      { method: 'GET', route: '/v1/messages/:id', status: 401, code: 'unauthenticated', reason, keyId, resource: null },
    ]);
    expect(world.refused[0]?.requestId).toBe(answer.headers['x-request-id']);
    if (shown !== null) expect(JSON.stringify(world.refused)).not.toContain(shown.slice(-30));
  });

  it('of a key without the scope: whose key it was', async () => {
    const key = world.directory.issue('billing', ['billing']);
    expect((await get(`/v1/messages/${ID}`, key)).statusCode).toBe(403);
    expect(world.refused).toMatchObject([
      { status: 403, code: 'forbidden_scope', customerId: 'cus_00000000000000000000000001', keyId: '0000000000000003' },
    ]);
  });

  it('of another customer’s id: which one, and the caller learns nothing', async () => {
    const unknown = (await get(`/v1/messages/${ID}`, world.liveKey)).json<object>();
    expect(world.refused).toEqual([]);
    world.reads.failure = new NotYours(NO_SUCH_MESSAGE, ID, 'other_customer');
    const answer = await get(`/v1/messages/${ID}`, world.liveKey);
    expect(answer.statusCode).toBe(404);
    expect({ ...answer.json<object>(), request_id: '' }).toEqual({ ...unknown, request_id: '' });
    expect(world.refused).toMatchObject([{ status: 404, reason: 'other_customer', resource: ID }]);
  });

  it('of a refusal that is about the request and not about rights: nothing', async () => {
    expect((await get('/v1/messages?limit=0', world.liveKey)).statusCode).toBe(400);
    expect((await get('/nowhere', world.liveKey)).statusCode).toBe(404);
    expect(world.refused).toEqual([]);
  });
});
