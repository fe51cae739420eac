import type { Upstream } from '../support/cluster-node';
import { FakeCluster } from '../support/fake-cluster';
import { GatewayClient, SandboxClient } from '../support/gateway-client';
import { rawLog } from '../support/raw-log';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(180_000);

const MESSAGES = 60;

/** At least once means that the same event may be in the hands of two processes at once: here every one of them is. */
describe('two dispatchers that are both handed every event of their group', () => {
  let stack: Stack;
  let cluster: FakeCluster;
  let client: GatewayClient;
  /** Answers that went to both. */
  let copied = 0;

  beforeAll(async () => {
    stack = await startStack({ env: { WAHT_ROLES: 'api,projector' } });
    cluster = await FakeCluster.before(Number(new URL(stack.env['ESDB_URL'] ?? '').port));
    const node = cluster.node(0);
    node.recipients = (call: Upstream) => {
      const consumers = node.consumersBeside(call);
      if (consumers.length === 2) copied += 1;
      return consumers.length > 0 ? consumers : [call];
    };
    const env = { ESDB_URL: cluster.url, WAHT_ROLES: 'dispatcher' };
    await stack.addApplication(env);
    await stack.addApplication(env);
    client = new GatewayClient(stack.base, stack.demo?.live_key ?? '', 16);
  });
  afterAll(async () => {
    await client?.close();
    await stack?.stop();
    cluster?.stop();
  });

  it('make one provider call a message, and one DispatchStarted', async () => {
    const ids: string[] = [];
    for (let n = 0; n < MESSAGES; n += 10) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, i) => client.send(`+25471${String(n + i).padStart(7, '0')}`)),
      );
      for (const { status, body } of answers) {
        expect(status).toBe(202);
        ids.push(body.message_id);
      }
    }
    for (const id of ids) await client.until(id, ({ final }) => final, 30_000);
    const sandbox = new SandboxClient(stack.handset);
    const requests = (await sandbox.providers()).reduce((sum, provider) => sum + provider.requests, 0);
    const log = await rawLog(stack.env['ESDB_URL'] ?? '');
    const counts = (type: string): number[] =>
      ids.map((id) => log.filter((event) => event.type === type && event.data['messageId'] === id).length);
    process.stderr.write(
      `two dispatchers: ${MESSAGES} messages, ${copied} answers of a group handed to both, ${requests} provider calls\n`,
    );
    // MessageQueued, DispatchStarted and what follows come on two groups: at least one copy a message was MessageQueued.
    expect(copied).toBeGreaterThanOrEqual(2 * MESSAGES);
    expect(requests).toBe(MESSAGES);
    for (const type of ['DispatchStarted', 'MessageDispatched', 'MessageDelivered'])
      expect(counts(type)).toEqual(ids.map(() => 1));
    expect(log.filter(({ type }) => type === 'WalletDebited')).toHaveLength(MESSAGES);
    expect(await sandbox.inbox()).toHaveLength(MESSAGES);
  });
});
