import Fastify, { type FastifyInstance } from 'fastify';
import type { RefusedCall } from '../../../src/application/ports/access-log';
import type { Clock } from '../../../src/application/ports/clock';
import type { InboundDoor, InboxText, TextVerdict } from '../../../src/application/ports/inbound-texts';
import type { Logger } from '../../../src/application/ports/logger';
import { CryptoIdSource } from '../../../src/infrastructure/crypto/id-source';
import { readAfricasTalkingInbound } from '../../../src/infrastructure/providers/africastalking/inbound';
import { readText } from '../../../src/infrastructure/providers/smpp/text';
import { inboundRoutes } from '../../../src/infrastructure/receipts/inbound-routes';
import { INBOUND_CHANNEL, InboundTable } from '../../../src/infrastructure/receipts/inbound-table';
import { InboxListener } from '../../../src/infrastructure/receipts/inbox-listener';
import { PostgresInboundInbox } from '../../../src/infrastructure/receipts/postgres-inbound-inbox';
import { PostgresParkedTexts } from '../../../src/infrastructure/receipts/postgres-parked-texts';
import { ReportSeal } from '../../../src/infrastructure/receipts/report-seal';
import { eventually } from '../../support/eventually';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';
import { randomVaultKeys, vaultOn } from '../../support/vault';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
const clock: Clock = {
  now: () => Date.now(),
  iso: () => new Date().toISOString(),
  monotonicMs: () => performance.now(),
};
const ids = new CryptoIdSource(clock);
const readers: ConstructorParameters<typeof PostgresInboundInbox>[3] = {
  readInbound: (provider, kind, raw) => (provider === 'smpp' ? readText(raw) : readAfricasTalkingInbound(kind, raw)),
};
const PERSON = '+254722000001';
const form = (id: string, text = 'Habari', from = PERSON) =>
  Buffer.from(new URLSearchParams({ id, from, to: '22384', text }).toString());
const part = (number: number, text: string) =>
  Buffer.from(
    JSON.stringify({
      source_addr: '254722000001',
      destination_addr: '22384',
      text,
      part: { reference: 7, total: 2, number },
    }),
  );

jest.setTimeout(30_000);

describe('the inbox of texts', () => {
  let place: MigratedDatabase;
  const inboxes: PostgresInboundInbox[] = [];
  beforeAll(async () => {
    place = await migratedDatabase();
  });
  afterEach(async () => {
    await Promise.all(inboxes.splice(0).map((inbox) => inbox.stop(1_000)));
    await place.database.query({ text: 'TRUNCATE inbound_inbox' });
  });
  afterAll(() => place?.close());

  const keys = randomVaultKeys();
  const seal = (): ReportSeal => new ReportSeal(vaultOn(place.database, keys), 'inbound');
  const table = (): InboundTable => new InboundTable(place.database);
  const parked = (): PostgresParkedTexts => new PostgresParkedTexts(table(), seal(), readers, clock);
  function process(): PostgresInboundInbox {
    const listener = new InboxListener(place.database, silent, INBOUND_CHANNEL);
    const inbox = new PostgresInboundInbox(table(), listener, seal(), readers, ids, clock, silent);
    inboxes.push(inbox);
    return inbox;
  }
  const settled = ({ id }: InboxText): TextVerdict => ({ kind: 'settled', outcome: 'received', ids: [id] });
  const rows = async () =>
    (
      await place.database.query<{ outcome: string | null; parked_number: string | null; due_at: Date | null }>({
        text: 'SELECT * FROM inbound_inbox ORDER BY received_at, id',
      })
    ).rows;
  const until = (condition: (all: Awaited<ReturnType<typeof rows>>) => boolean): Promise<void> =>
    eventually(async () => condition(await rows()), 10_000);

  it('keeps a text as it came, sealed, and hands it out once however often it is told', async () => {
    const heard: InboxText[] = [];
    const inbox = process();
    await inbox.put('at', 'text', form('A1'));
    await inbox.put('at', 'text', form('A1'));
    await inbox.put('other', 'text', form('A1'));
    inbox.start((text) => {
      heard.push(text);
      return Promise.resolve(settled(text));
    });
    await inbox.put('at', 'text', form('A1'));
    await until((all) => all.length === 2 && all.every(({ outcome }) => outcome === 'received'));
    await inbox.put('at', 'text', form('A1'));
    expect(heard.map(({ provider }) => provider).sort()).toEqual(['at', 'other']);
    expect(heard[0]).toMatchObject({ kind: 'text', raw: form('A1'), tries: 0 });
    expect(JSON.stringify(await rows())).not.toMatch(/722000001|Habari/);
  });
  it('tells another process of it, and hands out again what was not handled', async () => {
    let fails = 1;
    const tries: number[] = [];
    process().start((text) => {
      tries.push(text.tries);
      if (fails-- > 0) return Promise.reject(new Error('not now'));
      return Promise.resolve(tries.length < 3 ? { kind: 'later', pauseMs: 10 } : settled(text));
    });
    await process().put('at', 'opt_out', Buffer.from('senderId=SHOP&phoneNumber=254722000001'));
    await until((all) => all[0]?.outcome === 'received');
    expect(tries).toEqual([0, 0, 1]);
  });
  it('parks what is nobody’s, shows it to operators, and hands it out again when it is let go', async () => {
    const [inbox, heard] = [process(), new Array<string>()];
    let owned = false;
    inbox.start((text) => {
      heard.push(text.id);
      return Promise.resolve(owned ? settled(text) : { kind: 'parked', number: '22384', ids: [text.id] });
    });
    await inbox.put('at', 'text', form('A1', 'who is this?'));
    await inbox.put('at', 'text', form('A2', 'again'));
    await until((all) => all.filter((row) => row.parked_number === '22384').length === 2);
    await inbox.purge(new Date(Date.now() + 1_000).toISOString());
    const [first, second] = await parked().list('22384', 10);
    expect(first).toMatchObject({ number: '22384', provider: 'at', from: PERSON, text: 'who is this?' });
    expect(await parked().list('22385', 10)).toEqual([]);
    expect(await parked().letGo({ number: '22385' })).toBe(0);
    owned = true;
    expect(await parked().letGo({ id: first?.id ?? '' })).toBe(1);
    await until((all) => all.some(({ outcome }) => outcome === 'received'));
    expect(await parked().list(null, 10)).toEqual([second]);
    await parked().discarded(second?.id ?? '');
    expect(await parked().find(second?.id ?? '')).toBeNull();
    expect(await parked().letGo({ number: '22384' })).toBe(0);
    expect(heard).toHaveLength(3);
  });
  it('finds the parts of one text, whatever else came from there', async () => {
    const inbox = process();
    for (const raw of [part(2, 'b'), part(1, 'a')]) await inbox.put('smpp', 'text', raw);
    await inbox.put(
      'smpp',
      'text',
      Buffer.from(JSON.stringify({ source_addr: '254722000001', destination_addr: '22384', text: 'c' })),
    );
    await inbox.put('elsewhere', 'text', form('A1'));
    const found: string[][] = [];
    inbox.start(async (text) => {
      found.push((await inbox.partsOf(text)).map(({ raw }) => (JSON.parse(raw.toString()) as { text: string }).text));
      return settled(text);
    });
    await until((all) => all.every(({ outcome }) => outcome === 'received'));
    expect(found.filter((texts) => texts.join() === 'b,a')).toHaveLength(2);
    expect(found.filter((texts) => texts.length === 0)).toHaveLength(2);
  });
  it('forgets a person: what is settled, or all; and what was settled long ago', async () => {
    const hash = seal().lookupHash(PERSON) ?? Buffer.alloc(0);
    const inbox = process();
    inbox.start((text) => Promise.resolve(settled(text)));
    await inbox.put('at', 'text', form('A1'));
    await until((all) => all.every(({ outcome }) => outcome === 'received'));
    await inbox.stop(1_000);
    await process().put('at', 'text', form('A2'));
    await process().put('at', 'text', form('A3', 'x', '+254722000002'));
    expect(await table().forget(hash, false)).toBe(1);
    expect(await table().forget(hash, true)).toBe(1);
    expect(await rows()).toHaveLength(1);
    await table().settle(
      [(await place.database.query<{ id: string }>({ text: 'SELECT id FROM inbound_inbox' })).rows[0]?.id ?? ''],
      'received',
    );
    expect(await process().purge(new Date(Date.now() - 1_000).toISOString())).toBe(0);
    expect(await process().purge(new Date(Date.now() + 1_000).toISOString())).toBe(1);
  });

  describe('the addresses of texts', () => {
    let application: FastifyInstance;
    let failing = false;
    const kept: string[] = [];
    const refusals: RefusedCall[] = [];
    const door: InboundDoor = {
      admitInbound: (provider, kind, { raw }) =>
        provider === 'nobody' ? 'unknown_provider' : kind === 'opt_out' && provider === 'quiet' ? 'not_genuine' : [raw],
      answersAreTexts: (provider) => provider === 'quiet',
    };
    beforeAll(async () => {
      application = Fastify();
      const keeper = {
        put: (provider: string, kind: string) =>
          failing ? Promise.reject(new Error('away')) : Promise.resolve(void kept.push(`${provider} ${kind}`)),
      };
      const access = { note: (call: RefusedCall) => void refusals.push(call) };
      await application.register(inboundRoutes(keeper, door, 'secret', silent, access));
    });
    afterAll(() => application.close());
    const post = async (provider: string, leaf: string, secret = 'secret') => {
      const url = `/callbacks/sms/${provider}/${secret}/${leaf}`;
      const { statusCode, body } = await application.inject({ method: 'POST', url, payload: 'x=y' });
      return [statusCode, body];
    };

    it('are answered once it is kept, with nothing that would be sent on', async () => {
      expect(await post('at', 'inbound')).toEqual([200, 'OK']);
      expect(await post('at', 'opt-outs')).toEqual([200, 'OK']);
      expect(await post('quiet', 'inbound')).toEqual([204, '']);
      expect(kept).toEqual(['at text', 'at opt_out', 'quiet text']);
      failing = true;
      expect((await post('at', 'inbound'))[0]).toBe(503);
      failing = false;
    });
    it('do not exist for whoever lacks the secret, the account or the signature', async () => {
      for (const answer of [
        await post('at', 'inbound', 'guess'),
        await post('nobody', 'inbound'),
        await post('quiet', 'opt-outs'),
      ])
        expect(answer).toEqual([404, 'Not Found']);
      const reasons = ['wrong_callback_secret', 'unknown_provider', 'not_genuine'];
      expect(refusals.map(({ reason }) => reason)).toEqual(reasons);
    });
  });
});
