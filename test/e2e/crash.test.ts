import { eventually } from '../support/eventually';
import { GatewayClient, SandboxClient } from '../support/gateway-client';
import { foldWallet, kes, rawLog } from '../support/raw-log';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(240_000);

const VALIDITY_S = 20;
const GRACE_S = 3;
const ENV = {
  DEFAULT_VALIDITY_SECONDS: String(VALIDITY_S),
  REPORT_GRACE_SECONDS: String(GRACE_S),
  PROVIDER_DEADLINE_MS: '2000',
  WAIT_RETRY_MS: '1000',
};
const MESSAGES = 2_000;
const NUMBER = (n: number): string => `+25473000${String(n).padStart(4, '0')}`;

describe('kill -9 of the application amid 2 000 sends', () => {
  let stack: Stack;
  let live: GatewayClient;

  beforeAll(async () => {
    stack = await startStack({ env: ENV });
    live = new GatewayClient(stack.base, stack.demo?.live_key ?? '');
  });
  afterAll(async () => {
    await live?.close();
    await stack?.stop();
  });

  it('keeps each 202, sends nothing twice, and agrees to the last unit', async () => {
    const accepted = new Map<string, number>();
    let next = 0;
    let down = false;
    const sender = async (): Promise<void> => {
      while (next < MESSAGES && !down) {
        const n = next++;
        try {
          const answer = await live.send(NUMBER(n));
          if (answer.status === 202) accepted.set(answer.body.message_id, n);
        } catch {
          // The connection breaks when the process is killed; nothing was promised for this one.
          down = true;
        }
      }
    };
    const all = Promise.all(Array.from({ length: 64 }, sender));
    while (accepted.size < MESSAGES / 4 && !down) await new Promise((resolve) => setTimeout(resolve, 2));
    await stack.application.kill();
    await all;
    expect(accepted.size).toBeGreaterThanOrEqual(MESSAGES / 4);

    const atKill = await rawLog(stack.env['ESDB_URL'] ?? '');
    const claims = openClaims(atKill);
    const sandbox = new SandboxClient(stack.handset);
    const inboxAtKill = new Set((await sandbox.inbox()).map(({ to }) => to));

    await stack.application.start();
    await Promise.all(
      Array.from({ length: 16 }, async (_, lane) => {
        for (const id of [...accepted.keys()].filter((__, index) => index % 16 === lane))
          await live.until(id, ({ final }) => final, (VALIDITY_S + GRACE_S + 30) * 1000);
      }),
    );

    const messages = await Promise.all([...accepted.keys()].map((id) => live.message(id)));
    const unknown = messages.filter(({ status }) => status === 'unknown');
    expect(new Set(messages.map(({ status }) => status))).toEqual(
      new Set(unknown.length > 0 ? ['delivered', 'unknown'] : ['delivered']),
    );
    for (const { message_id } of unknown) expect(claims.has(message_id)).toBe(true);

    const inbox = await sandbox.inbox();
    expect(new Set(inbox.map(({ to }) => to)).size).toBe(inbox.length);
    const received = [...claims].filter((id) => inboxAtKill.has(NUMBER(accepted.get(id) ?? -1)));
    process.stdout.write(
      `kill -9: ${accepted.size} accepted, ${claims.size} claims without an outcome, the sandbox had received ${received.length} of them, ${unknown.length} ended unknown\n`,
    );

    // A message whose 202 never reached us was accepted all the same, and has its own end.
    await eventually(async () => (await live.balance()).reserved_kes === 0, 90_000);
    const log = await rawLog(stack.env['ESDB_URL'] ?? '');
    const wallet = foldWallet(log, `wallet-${stack.demo?.customer_id ?? ''}`);
    expect(wallet.lowest).toBe(0n);
    expect(kes(wallet.reserved)).toBe(0);
    expect(kes(wallet.available)).toBe((await live.balance()).available_kes);
    expect([...wallet.debits.values()].every((times) => times === 1)).toBe(true);
    const charged = messages.filter(({ charge }) => charge === 'charged').length;
    expect([...wallet.debits.keys()].filter((id) => accepted.has(id))).toHaveLength(charged);
  });
});

/** Ids of messages whose last DispatchStarted has no outcome. */
function openClaims(log: Awaited<ReturnType<typeof rawLog>>): Set<string> {
  const open = new Set<string>();
  for (const { type, data } of log) {
    const id = String(data['messageId']);
    if (type === 'DispatchStarted') open.add(id);
    else if (type === 'MessageDispatched' || type === 'DispatchFailed' || type === 'MessageOutcomeUnknown')
      open.delete(id);
  }
  return open;
}
