import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually';
import { GatewayClient, SandboxClient } from '../../support/gateway-client';
import { foldWallet, kes, rawLog, type RawEvent } from '../../support/raw-log';
import { type Stack, startStack } from '../../support/stack';

jest.setTimeout(240_000);

const VALIDITY_S = 25;
const GRACE_S = 3;
const ENV = {
  DEFAULT_VALIDITY_SECONDS: String(VALIDITY_S),
  REPORT_GRACE_SECONDS: String(GRACE_S),
  PROVIDER_DEADLINE_MS: '2000',
  WAIT_RETRY_MS: '1000',
};
const MESSAGES = 2_000;
/** All are asked for at once; so many are on their way at a time, the others wait for a connection. */
const CONNECTIONS = 128;
const NUMBER = (n: number): string => `+25473000${String(n).padStart(4, '0')}`;

describe('kill -9 of the application amid 2 000 sends', () => {
  let stack: Stack;
  let live: GatewayClient;
  let over = false;

  beforeAll(async () => {
    stack = await startStack({ env: ENV });
    live = new GatewayClient(stack.base, stack.demo?.live_key ?? '', CONNECTIONS);
  });
  afterAll(async () => {
    over = true;
    await live?.close();
    await stack?.stop();
  });

  it('keeps each 202, sends nothing twice, and agrees to the last unit', async () => {
    const accepted = new Map<number, string>();
    let down = false;
    let back: () => void = () => undefined;
    const isBack = new Promise<void>((resolve) => {
      back = resolve;
    });
    /** One customer's program: the same key again until it is told what became of its message. */
    const send = async (n: number): Promise<void> => {
      while (!over) {
        const answer = await live.send(NUMBER(n), {}, { 'idempotency-key': `crash-${n}` }).catch(() => null);
        if (answer?.status === 202) {
          accepted.set(n, answer.body.message_id);
          return;
        }
        // Nobody there: wait until there is. Anything else but a refusal that says "again" is a defect.
        if (answer === null && down) await isBack;
        if (answer !== null) expect([409, 503]).toContain(answer.status);
        await delay(50 + Math.random() * 200);
      }
    };
    const all = Promise.all(Array.from({ length: MESSAGES }, (_, n) => send(n)));
    await Promise.race([all, eventually(() => Promise.resolve(accepted.size >= MESSAGES / 2), 90_000, 2)]);
    down = true;
    await stack.application.kill();
    const before = new Map(accepted);
    expect(before.size).toBeLessThan(MESSAGES);

    const claims = openClaims(await rawLog(stack.env['ESDB_URL'] ?? ''));
    const sandbox = new SandboxClient(stack.handset);
    const inboxAtKill = new Set((await sandbox.inbox()).map(({ to }) => to));

    await stack.application.start();
    back();
    await all;
    expect(accepted.size).toBe(MESSAGES);
    const numbers = new Map([...accepted].map(([n, id]) => [id, NUMBER(n)]));
    expect(numbers.size).toBe(MESSAGES);
    await Promise.all(
      Array.from({ length: 16 }, async (_, lane) => {
        for (const id of [...numbers.keys()].filter((__, index) => index % 16 === lane))
          await live.until(id, ({ final }) => final, (VALIDITY_S + GRACE_S + 60) * 1000);
      }),
    );

    // Once more by the key: the answer of before the kill, or that of after it, and no other message.
    for (const [n, id] of [...before].filter((_, index) => index % 50 === 0)) {
      const again = await live.send(NUMBER(n), {}, { 'idempotency-key': `crash-${n}` });
      expect([again.status, again.body.message_id, again.headers['idempotency-replayed']]).toEqual([202, id, 'true']);
    }
    // A report of a call whose claim was left open is compared once more after it was given up.
    await eventually(async () => (await live.balance()).reserved_kes === 0, 90_000);
    const log = await rawLog(stack.env['ESDB_URL'] ?? '');
    const queued = log.filter(({ type }) => type === 'MessageQueued').map(({ data }) => String(data['messageId']));
    expect(queued.toSorted()).toEqual([...numbers.keys()].toSorted());

    const messages = await Promise.all([...numbers.keys()].map((id) => live.message(id)));
    const unknown = messages.filter(({ status }) => status === 'unknown');
    expect(messages.filter(({ status, final }) => !final || !['delivered', 'unknown'].includes(status))).toEqual([]);
    for (const { message_id } of unknown) expect(claims.has(message_id)).toBe(true);

    const inbox = await sandbox.inbox();
    expect(new Set(inbox.map(({ to }) => to)).size).toBe(inbox.length);
    const received = [...claims].filter((id) => inboxAtKill.has(numbers.get(id) ?? ''));
    process.stderr.write(
      `kill -9: ${before.size} of ${MESSAGES} had been accepted, ${claims.size} claims stood without an outcome, ` +
        `the sandbox had received ${received.length} of them, ${unknown.length} ended unknown\n`,
    );

    const wallet = foldWallet(log, `wallet-${stack.demo?.customer_id ?? ''}`);
    expect(wallet.lowest).toBe(0n);
    expect(kes(wallet.reserved)).toBe(0);
    expect(kes(wallet.available)).toBe((await live.balance()).available_kes);
    const charged = messages.filter(({ charge }) => charge === 'charged').map(({ message_id }) => message_id);
    expect([...wallet.debits.keys()].toSorted()).toEqual(charged.toSorted());
    expect([...wallet.debits.values()].every((times) => times === 1)).toBe(true);
  });
});

/** Ids of messages whose last DispatchStarted has no outcome. */
function openClaims(log: readonly RawEvent[]): Set<string> {
  const open = new Set<string>();
  for (const { type, data } of log) {
    const id = String(data['messageId']);
    if (type === 'DispatchStarted') open.add(id);
    else if (type === 'MessageDispatched' || type === 'DispatchFailed' || type === 'MessageOutcomeUnknown')
      open.delete(id);
  }
  return open;
}
