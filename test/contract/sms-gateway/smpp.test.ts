import { createServer as tcp, type AddressInfo, type Server, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer, type PDU, type Session } from 'smpp';
import { SmppGateway } from '../../../src/infrastructure/providers/smpp/gateway';
import { SmppSession } from '../../../src/infrastructure/providers/smpp/session';
import { eventually } from '../../support/eventually';
import type { SmppAccount } from '../../../src/application/ports/configuration';
import { sandboxBench, submission, type SandboxBench } from './sandbox-bench';

const account: Omit<SmppAccount, 'url'> = {
  tier: 'tier_1',
  name: 'smsc',
  simulated: true,
  adapter: 'smpp',
  systemId: 'waht',
  password: 'the-key',
  systemType: '',
  window: 3,
  messagesPerSecond: 1_000,
  enquireLinkMs: 100,
  receiptIds: 'same',
};

const ignore = (): Promise<void> => Promise.resolve();

describe('a message centre', () => {
  let bench: SandboxBench;
  beforeAll(async () => {
    bench = await sandboxBench('smpp');
  });
  afterAll(() => bench?.stop());
  beforeEach(() => bench.acceptsAll());
  const idOf = async (change: object = {}, gateway = bench.gateway): Promise<string> => {
    const outcome = await gateway.submit(submission(change));
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
    return outcome.providerMessageId;
  };

  it.each([
    ['0x01', 'P', null],
    ['0x08', 'R', null],
    ['0x0A', 'F!', 'sender'],
    ['0x0B', 'P', null],
    ['0x0D', 'F!', 'account'],
    ['0x0E', 'F!', 'account'],
    ['0x0F', 'F!', 'account'],
    ['0x43', 'P', null],
    ['0x45', 'F', null],
    ['0x48', 'F!', 'sender'],
    ['0x50', 'P', null],
    ['0x61', 'P', null],
    ['0x64', 'R', null],
    ['0x65', 'F', null],
    ['0x66', 'F', null],
    ['0xC4', 'P', null],
    ['0xFF', 'F', null],
    ['0x40B', 'F', null],
  ])('reads %s as class %s', async (code, failureClass, scope) => {
    await bench.set({ errors: [{ code, share: 1 }] });
    const expected = { kind: 'refused', class: failureClass, scope, byProvider: true, code };
    expect(await bench.gateway.submit(submission())).toMatchObject(expected);
  });
  it.each(['0x04', '0x05'])('makes the session anew after %s', async (code) => {
    await bench.set({ errors: [{ code, share: 1 }] });
    expect(await bench.gateway.submit(submission())).toMatchObject({ kind: 'refused', class: 'R', code });
    await bench.set({ errors: [] });
    expect(await bench.gateway.submit(submission())).toMatchObject({ kind: 'accepted' });
  });
  it('concerns the account where it does not let us in', async () => {
    const refused = { kind: 'refused', class: 'F!', scope: 'account', byProvider: true };
    const wrong = bench.another({ password: 'wrong' });
    expect(await wrong.submit(submission())).toMatchObject({ ...refused, code: '0x0E' });
    // It does not knock again at once: that locks accounts.
    expect(await wrong.submit(submission())).toMatchObject({ ...refused, code: '0x0E' });
    expect(await bench.another({ systemId: 'who' }).submit(submission())).toMatchObject({ ...refused, code: '0x0F' });
  });

  describe('texts', () => {
    const all =
      '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
      '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€';
    it.each([
      ['the whole default alphabet', all, 'gsm7', 1],
      ['Kiswahili with an emoji', 'Habari yako 👋🏿 – karibu', 'ucs2', 1],
      ['160 characters', 'x'.repeat(160), 'gsm7', 1],
      ['161 characters', `${'x'.repeat(160)}y`, 'gsm7', 2],
      ['an extension at the edge of a part', `${'x'.repeat(152)}€${'y'.repeat(150)}`, 'gsm7', 2],
      ['a pair at the edge of a part', `${'я'.repeat(66)}👋${'я'.repeat(66)}`, 'ucs2', 3],
      ['ten parts', 'abcdefghi '.repeat(153), 'gsm7', 10],
    ] as const)('arrive as they are: %s', async (_name, body, encoding, parts) => {
      const id = await idOf({ body, encoding });
      expect((await bench.inbox()).at(-1)?.body).toBe(body);
      expect(await bench.taken()).toBe(parts);
      expect(bench.joined.get(id)?.length ?? 1).toBe(parts);
    });
    it.each([
      ['MAMA MBOGA', 'MAMA MBOGA'],
      ['22384', '22384'],
      ['+254711082000', '254711082000'],
    ])('come from %s', async (from, shown) => {
      await idOf({ from });
      expect((await bench.inbox()).at(-1)?.from).toBe(shown);
    });
    it('of several parts wait out a temporary refusal of a later one, and do not start anew', async () => {
      await bench.set({ errors: [{ code: '0x64', share: 0.5 }] });
      const body = 'z'.repeat(300);
      const outcome = await bench.gateway.submit(submission({ body }));
      expect(outcome).toMatchObject({ kind: 'accepted' });
      expect(await bench.taken()).toBe(2);
      expect((await bench.inbox()).at(-1)?.body).toBe(body);
    });
    it('of several parts are refused with the part that is refused', async () => {
      await bench.set({ errors: [{ code: '0x45', share: 0.5 }] });
      const message = submission({ body: 'z'.repeat(300) });
      expect(await bench.gateway.submit(message)).toMatchObject({ kind: 'refused', class: 'F', code: '0x45' });
      expect((await bench.inbox()).filter(({ to }) => to === message.to)).toEqual([]);
    });
    it('of several parts are reported part by part', async () => {
      const id = await idOf({ body: 'z'.repeat(400) });
      const parts = bench.joined.get(id) ?? [];
      expect(parts).toHaveLength(3);
      expect(parts.at(-1)).toBe(id);
      const ours = () => bench.readings().filter(({ providerMessageId }) => parts.includes(providerMessageId));
      await eventually(() => Promise.resolve(ours().length >= 3), 5_000);
      expect(new Set(ours().map(({ providerMessageId }) => providerMessageId))).toEqual(new Set(parts));
      expect(ours().every(({ part, outcome }) => part === true && outcome === 'delivered')).toBe(true);
    });
  });

  it.each([
    ['1', 'P', 'unknown_subscriber', 'UNDELIV_1'],
    ['27', 'R', 'absent_subscriber', 'UNDELIV_27'],
    ['11', 'P', 'barred_subscriber', 'UNDELIV_11'],
    ['899', 'R', 'delivery_failed', 'UNDELIV_899'],
    ['EXPIRED', 'R', 'not_delivered_in_time', 'EXPIRED'],
    ['REJECTD', 'F', 'rejected', 'REJECTD'],
    ['DELETED', 'F', 'rejected', 'DELETED'],
  ])('reads a receipt with %s as class %s', async (reason, failureClass, failureCode, code) => {
    await bench.set({ report: { outcome: 'undelivered', reason, before_answer: true } });
    await idOf();
    expect(bench.readings()).toMatchObject([{ outcome: 'failed', class: failureClass, failureCode, code }]);
  });
  it('does not take a receipt of an unknown fate for a failure', async () => {
    await bench.set({ report: { outcome: 'undelivered', reason: 'UNKNOWN', before_answer: true } });
    await idOf();
    expect(bench.readings()).toMatchObject([{ outcome: 'in_transit', code: 'UNKNOWN' }]);
  });
  it('does not take a text from a handset for a receipt, whatever it says', async () => {
    await bench.reply('+254722000001', '22384', 'STOP stat:DELIVRD id:1');
    await eventually(() => Promise.resolve(bench.keptTexts.length > 0), 5_000);
    expect(bench.readings()).toEqual([]);
    expect(bench.textReadings()).toMatchObject([
      { from: '+254722000001', to: '22384', text: 'STOP stat:DELIVRD id:1' },
    ]);
  });
  it('hands over the parts of a long text, each told from the others', async () => {
    const body = `${'é'.repeat(90)}😀 end`;
    await bench.reply('+254722000001', '22384', body);
    await eventually(() => Promise.resolve(bench.keptTexts.length === 2), 5_000);
    const texts = bench.textReadings().flatMap((reading) => (reading?.kind === 'text' ? [reading] : []));
    expect(texts.map(({ text }) => text).join('')).toBe(body);
    const reference = texts[0]?.part?.reference;
    expect(texts.map(({ part }) => part)).toEqual([
      { reference, total: 2, number: 1 },
      { reference, total: 2, number: 2 },
    ]);
  });
  it('is bound again by itself after an outage, and then brings what it owes', async () => {
    await bench.set({ report: { delay_ms: 700 } });
    const id = await idOf();
    await bench.set({ outage: 'refuse' });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(bench.readings()).toEqual([]);
    await bench.set({ outage: 'none' });
    await eventually(() => Promise.resolve(bench.readings().length > 0), 20_000);
    expect(bench.readings()).toMatchObject([{ providerMessageId: id, outcome: 'delivered' }]);
  }, 30_000);
});

describe('a message centre that writes ids in receipts in hexadecimal', () => {
  it('has them told apart all the same', async () => {
    const bench = await sandboxBench('smpp', { account: { receiptIds: 'hex' } });
    await bench.set({ report: { id_radix: 16, before_answer: true } });
    const outcome = await bench.gateway.submit(submission());
    expect(outcome).toMatchObject({ kind: 'accepted' });
    const id = outcome.kind === 'accepted' ? outcome.providerMessageId : '';
    expect(id).toMatch(/^\d+$/);
    expect(bench.readings()).toMatchObject([{ providerMessageId: id, outcome: 'delivered' }]);
    expect(bench.kept[0]?.toString()).not.toContain(id);
    await bench.stop();
  });
});

describe('a message centre, at its worst', () => {
  const servers: Server[] = [];
  const gateways: SmppGateway[] = [];
  const sockets: Socket[] = [];
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });
  const gatewayTo = async (server: Server, change: Partial<SmppAccount> = {}): Promise<SmppGateway> => {
    servers.push(server);
    server.on('connection', (socket: Socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `smpp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const gateway = new SmppGateway({ ...account, url, ...change }, { deadlineMs: 1_500 });
    gateways.push(gateway);
    return gateway;
  };
  const centre = (on: Record<string, (session: Session, pdu: PDU) => void>) =>
    createServer({}, (session) => {
      session.on('error', () => undefined);
      const answers = { bind_transceiver: answer, enquire_link: answer, unbind: answer, ...on };
      for (const [command, handle] of Object.entries(answers)) session.on(command, (pdu: PDU) => handle(session, pdu));
    });
  const answer = (session: Session, pdu: PDU): void => void session.send(pdu.response());

  it('has no more submissions before it than the window', async () => {
    let open = 0;
    let most = 0;
    const gateway = await gatewayTo(
      centre({
        submit_sm: (session, pdu) => {
          most = Math.max(most, ++open);
          setTimeout(() => {
            open -= 1;
            session.send(pdu.response({ message_id: String(pdu.sequence_number) }));
          }, 20);
        },
      }),
    );
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => gateway.submit(submission())));
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(most).toBe(3);
  });
  it('gets a submission while it still has another, not when the network has acknowledged that one', async () => {
    const gaps: number[] = [];
    let first: { readonly pdu: PDU; readonly atMs: number } | null = null;
    const take = (session: Session, pdu: PDU): void => {
      if (first === null) {
        first = { pdu, atMs: performance.now() };
        return;
      }
      gaps.push(performance.now() - first.atMs);
      for (const one of [first.pdu, pdu]) session.send(one.response({ message_id: String(one.sequence_number) }));
      first = null;
    };
    const gateway = await gatewayTo(centre({ submit_sm: take }));
    for (let round = 0; round < 30; round++) {
      const one = gateway.submit(submission());
      // Those of one turn leave in one piece.
      await delay(2);
      await Promise.all([one, gateway.submit(submission())]);
    }
    // Acknowledgements are held back for 40 ms.
    expect(gaps.sort((a, b) => a - b)[15]).toBeLessThan(20);
  });
  it('gets no more a second than was agreed', async () => {
    const times: number[] = [];
    const gateway = await gatewayTo(
      centre({
        submit_sm: (session, pdu) => {
          times.push(performance.now());
          session.send(pdu.response({ message_id: '1' }));
        },
      }),
      { messagesPerSecond: 50 },
    );
    await Promise.all(Array.from({ length: 30 }, () => gateway.submit(submission())));
    // A tenth of a second's worth may go at once.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(((30 - 6) / 50) * 1_000 - 20);
  });
  it('is left alone for a while when it says that it is too much, and what waits longer is told so', async () => {
    let asked = 0;
    const gateway = await gatewayTo(
      centre({
        submit_sm: (session, pdu) => {
          asked += 1;
          session.send(pdu.response({ command_status: 0x58 }));
        },
      }),
    );
    expect(await gateway.submit(submission())).toMatchObject({ class: 'R', code: '0x58', byProvider: true });
    const expected = { class: 'R', code: 'throttled', byProvider: false, retryAfterSeconds: 1 };
    expect(await gateway.submit(submission())).toMatchObject(expected);
    expect(asked).toBe(1);
  });
  it('that goes away with submissions before it leaves them unknown', async () => {
    const gateway = await gatewayTo(centre({ submit_sm: (session) => void session.socket.destroy() }));
    expect(await gateway.submit(submission())).toEqual({ kind: 'unknown', code: 'connection_lost' });
  });
  it('gets all that comes up in one turn in one write, and nothing of what was too late for it', async () => {
    const submitted: number[] = [];
    const server = centre({
      submit_sm: (session, pdu) => {
        submitted.push(pdu.sequence_number);
        session.send(pdu.response({ message_id: '1' }));
      },
    });
    await gatewayTo(server);
    const { port } = server.address() as AddressInfo;
    const bound = await SmppSession.bind(
      { ...account, host: '127.0.0.1', port, tls: false, answerWithinMs: 1_000 },
      () => ignore(),
    );
    if (bound.kind !== 'bound') throw new Error(JSON.stringify(bound));
    const { session } = bound;
    const ask = (withinMs: number) => session.request('submit_sm', { destination_addr: '254722000001' }, withinMs);
    // What a stream of Node's calls for several pieces at once.
    const joined = jest.spyOn(Socket.prototype, '_writev');
    const inTime = [ask(1_000), ask(1_000), ask(1_000)];
    expect((await Promise.all(inTime)).map(({ kind }) => kind)).toEqual(['answer', 'answer', 'answer']);
    expect(joined.mock.calls.map(([pieces]) => pieces.length)).toEqual([3]);
    joined.mockRestore();
    const late = [ask(1_000), ask(1_000)];
    session.end('unbound');
    expect(await Promise.all(late)).toEqual([
      { kind: 'not_sent', code: 'unbound' },
      { kind: 'not_sent', code: 'unbound' },
    ]);
    expect(submitted).toHaveLength(3);
  });
  it('that does not answer enquiries is given up, and bound anew', async () => {
    let binds = 0;
    let deaf = true;
    const gateway = await gatewayTo(
      centre({
        bind_transceiver: (session, pdu) => {
          binds += 1;
          answer(session, pdu);
        },
        enquire_link: (session, pdu) => (deaf ? undefined : answer(session, pdu)),
        submit_sm: (session, pdu) => void session.send(pdu.response({ message_id: '1' })),
      }),
    );
    gateway.open({ keep: ignore, keepText: ignore, join: ignore });
    await eventually(() => Promise.resolve(binds >= 2), 5_000);
    deaf = false;
    await eventually(async () => (await gateway.submit(submission())).kind === 'accepted', 5_000);
  });
  it('that never answers the bind is no connection', async () => {
    const gateway = await gatewayTo(tcp(() => undefined));
    const outcome = await gateway.submit(submission());
    expect(outcome).toMatchObject({ kind: 'refused', class: 'R', byProvider: false });
  });
  it('that asks us something we do not know is answered', async () => {
    const answers: string[] = [];
    const server = createServer({}, (session) => {
      session.on('error', () => undefined);
      session.on('bind_transceiver', (pdu: PDU) => {
        answer(session, pdu);
        session.socket.write(Buffer.from('0000001000000fff0000000000000007', 'hex'));
      });
      session.on('pdu', (pdu: PDU) => answers.push(`${pdu.command} ${pdu.sequence_number}`));
    });
    const gateway = await gatewayTo(server);
    gateway.open({ keep: ignore, keepText: ignore, join: ignore });
    await eventually(() => Promise.resolve(answers.includes('generic_nack 7')), 5_000);
  });
});
