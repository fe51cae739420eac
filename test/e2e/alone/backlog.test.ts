import { GatewayClient } from '../../support/gateway-client';
import { waht } from '../../support/provisioning';
import { type Stack, startStack } from '../../support/stack';

jest.setTimeout(600_000);

const BACKLOG = 20_000;
const SENDERS = 64;
const FIRST_REQUESTS = 64;

describe('a process that starts into a backlog of 20 000 messages that nobody has dispatched or projected', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ env: { WAHT_ROLES: 'api' } });
    await waht(stack, 'wallet', 'credit', stack.demo?.customer_id ?? '', '100000', '--note', 'for a backlog');
    const client = new GatewayClient(stack.base, stack.demo?.live_key ?? '', SENDERS);
    const startedAt = performance.now();
    let next = 0;
    const refused = new Map<number, number>();
    const sender = async (): Promise<void> => {
      while (next < BACKLOG) {
        const { status } = await client.send(`+25472${String(next++).padStart(7, '0')}`);
        if (status !== 202) refused.set(status, (refused.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
    await client.close();
    process.stderr.write(
      `backlog: ${BACKLOG} in ${Math.round((performance.now() - startedAt) / 1_000)} s, refused ${JSON.stringify([...refused])}\n`,
    );
    expect([...refused]).toEqual([]);
    await stack.application.kill();
  });
  afterAll(() => stack?.stop());

  it('answers its first 64 requests, sent as soon as it is ready, with 202', async () => {
    const startedAt = performance.now();
    const { base } = await stack.addApplication({ WAHT_ROLES: 'api,dispatcher,projector' });
    const readyAfterMs = Math.round(performance.now() - startedAt);
    const client = new GatewayClient(base, stack.demo?.live_key ?? '', FIRST_REQUESTS);
    const sentAt = performance.now();
    const answers = await Promise.all(
      Array.from({ length: FIRST_REQUESTS }, (_, n) => client.send(`+25471${String(n).padStart(7, '0')}`)),
    );
    const tookMs = Math.round(performance.now() - sentAt);
    await client.close();
    process.stderr.write(
      `backlog: ready after ${readyAfterMs} ms, ${FIRST_REQUESTS} answers after ${tookMs} ms more\n`,
    );
    expect(answers.map(({ status, body }) => `${status} ${String(body['detail'] ?? '')}`)).toEqual(
      answers.map(() => '202 '),
    );
  });
});
