import { fixedClock } from '../message/send/fakes';
import { httpWorld, type HttpWorld } from './http-app';

const ID = 'msg_00000000000000000000000001';
const CUSTOMER = 'cus_00000000000000000000000001';

describe('looking back', () => {
  let world: HttpWorld;
  beforeEach(async () => {
    world = await httpWorld();
  });
  afterEach(() => world.app.close());

  const get = (url: string, key = world.liveKey) =>
    world.app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${key}` } });
  const future = new Date(fixedClock.now() + 3_600_000).toISOString();

  describe.each([
    ...[`/v1/messages/${ID}`, `/v1/messages/${ID}/timeline`, `/v1/messages/${ID}/why`],
    ...['/v1/billing/balance', '/v1/audit'],
  ])('%s', (path) => {
    it.each([
      ['as_of=yesterday', 'as_of'],
      ['as_of=2026-02-30T00:00:00Z', 'as_of'],
      ['as_of=2026-01-01', 'as_of'],
      ['as_of=', 'as_of'],
      [`as_of=${future}`, 'as_of'],
      ['as_of=2026-01-01T00:00:00Z&as_of=2026-01-02T00:00:00Z', 'as_of'],
      ['asof=2026-01-01T00:00:00Z', 'asof'],
    ])('refuses %s by name', async (query, field) => {
      const answer = await get(`${path}?${query}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'invalid_parameter', errors: [{ field }] });
    });
  });

  it('asks for a message as it was, in UTC, an offset understood', async () => {
    await get(`/v1/messages/${ID}?as_of=2026-01-01T03:00:00%2B03:00`);
    expect(world.reads.asked).toEqual([CUSTOMER, 'live', ID, '2026-01-01T00:00:00.000Z']);
    await get(`/v1/messages/${ID}/timeline?as_of=2026-01-01T00:00:00Z`);
    expect(world.reads.asked).toEqual([CUSTOMER, 'live', ID, '2026-01-01T00:00:00.000Z']);
  });

  it('answers the balance at an instant, which says what it is of', async () => {
    const answer = await get('/v1/billing/balance?as_of=2026-01-01T00:00:00Z');
    expect(answer.json()).toEqual({ available_kes: 0, reserved_kes: 0, as_of: '2026-01-01T00:00:00.000Z' });
  });

  it('asks the audit log for rows of the caller alone, whatever the query says', async () => {
    const query = 'from=2026-01-01T00:00:00Z&action=MessageQueued&actor=key&limit=7&after=abc';
    expect((await get(`/v1/audit?${query}&resource=${ID}`)).json()).toEqual({ data: [], next_cursor: 'next' });
    const question = { from: '2026-01-01T00:00:00.000Z', action: 'MessageQueued', actorKind: 'key', resource: ID };
    expect(world.audited).toEqual([{ customerId: CUSTOMER, question, limit: 7, after: 'abc' }]);
    expect((await get('/v1/audit?customer=cus_00000000000000000000000002')).statusCode).toBe(400);
  });

  it('shows the audit log to no test key: its rows do not say of which mode they are', async () => {
    const answer = await get('/v1/audit', world.testKey);
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ code: 'forbidden_scope' });
    expect(world.audited).toEqual([]);
  });
});
