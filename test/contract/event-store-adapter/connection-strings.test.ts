import { randomUUID } from 'node:crypto';
import { StoreUnavailable } from '../../../src/application/ports/event-store';
import { Connection } from '../../../src/infrastructure/event-store/connection/connection';
import { AdapterUnderTest } from '../../support/adapter';
import { eventually } from '../../support/eventually';
import { reserved } from '../../support/event-builders';
import { FakeGossip, FakeNode, TEST_CERTIFICATE_FILE } from '../../support/fake-nodes';
import { StoreProcess } from '../../support/store-process';

jest.setTimeout(30_000);

const append = (adapter: AdapterUnderTest, deadlineMs = 5_000): Promise<bigint> =>
  adapter.store.append(`wallet-node-${randomUUID()}`, 'no_stream', [reserved(1)], { deadlineMs });

describe('several nodes', () => {
  it('are asked who leads, and asked again when the leader is lost under load', async () => {
    const [old, next] = await Promise.all([StoreProcess.start(), StoreProcess.start()]);
    const gossips = await Promise.all([FakeGossip.start(old.port, next.port), FakeGossip.start(old.port, next.port)]);
    const hosts = gossips.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const adapter = new AdapterUnderTest(`esdb://${hosts}?tls=false&nodePreference=leader`);
    const onOld = new AdapterUnderTest(old.url);
    const onNext = new AdapterUnderTest(next.url);
    const stream = `wallet-leader-${randomUUID()}`;
    await adapter.store.append(stream, 'no_stream', [reserved(1)]);
    expect(await onOld.store.readStream(stream)).toHaveLength(1);
    expect(await onNext.store.readStream(stream)).toHaveLength(0);

    const appends = Array.from({ length: 50 }, () => append(adapter, 10_000));
    for (const gossip of gossips) gossip.elect(next.port);
    await old.kill();
    const startedAtMs = performance.now();
    expect(await append(adapter)).toBe(0n);
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    expect(await Promise.all(appends)).toEqual(appends.map(() => 0n));
    await adapter.store.append(stream, 'no_stream', [reserved(2)]);
    expect(await onNext.store.readStream(stream)).toHaveLength(1);

    await Promise.all([adapter.close(), onOld.close(), onNext.close()]);
    for (const gossip of gossips) gossip.stop();
    await Promise.all([old.remove(), next.remove()]);
  });

  it('of which the one in use is no leader any more: it says so, and the leader is looked for', async () => {
    const [former, store] = await Promise.all([FakeNode.notReady(), StoreProcess.start()]);
    const gossip = await FakeGossip.start(former.port, store.port);
    const adapter = new AdapterUnderTest(`esdb://127.0.0.1:${gossip.port},127.0.0.1:${gossip.port}?tls=false`);
    const appended = append(adapter, 10_000);
    await eventually(async () => former.appends > 0, 5_000);
    gossip.elect(store.port);
    expect(await appended).toBe(0n);
    expect(gossip.asked).toBeLessThan(8);
    await adapter.close();
    gossip.stop();
    former.stop();
    await store.remove();
  });

  it('of which none answers: an append ends at its deadline, and nothing was sent', async () => {
    const gossip = await FakeGossip.start(1, 2);
    gossip.stop();
    const adapter = new AdapterUnderTest(`esdb://127.0.0.1:${gossip.port},127.0.0.1:${gossip.port}?tls=false`);
    const error: unknown = await append(adapter, 700).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({ outcome: 'none' });
    await adapter.close();
  });
});

describe('TLS and credentials', () => {
  let node: FakeNode & { readonly port: number };
  beforeEach(async () => {
    node = await FakeNode.secure();
  });
  afterEach(() => node.stop());

  it('come from the connection string alone', async () => {
    const file = encodeURIComponent(TEST_CERTIFICATE_FILE);
    const adapter = new AdapterUnderTest(`esdb://waht:se%40cret@127.0.0.1:${node.port}?tls=true&tlsCAFile=${file}`);
    expect(await append(adapter)).toBe(0n);
    expect(await append(adapter)).toBe(0n);
    expect(node.authorizations).toEqual([`Basic ${Buffer.from('waht:se@cret').toString('base64')}`]);
    await adapter.close();
  });

  it('are not given up: a node whose certificate nobody vouches for gets nothing', async () => {
    const adapter = new AdapterUnderTest(`esdb://waht:secret@127.0.0.1:${node.port}?tls=true`);
    await expect(append(adapter, 500)).rejects.toMatchObject({ name: 'StoreUnavailable', outcome: 'none' });
    expect(node.authorizations).toEqual([]);
    await adapter.close();
  });
});

describe('a connection string', () => {
  it.each([
    'esdb://127.0.0.1:2113?tls=false',
    'esdb+discover://cluster.internal:2113?tls=false&nodePreference=follower',
    'kurrentdb://127.0.0.1:2113?tls=false',
    'kurrentdb+discover://cluster.internal:2113',
    'esdb://a:2113,b:2113,c:2113?keepAliveInterval=20000&keepAliveTimeout=20000&gossipTimeout=3',
  ])('may be %s', (url) => {
    const connection = Connection.open(url, 0);
    expect(connection.connectionName).not.toBe('');
    connection.close();
  });

  it.each([
    'http://127.0.0.1:2113',
    'esdb://',
    'esdb://127.0.0.1?tls=perhaps',
    'esdb://127.0.0.1?tlsCAFile=%2Fnowhere',
  ])('may not be %s', (url) => {
    expect(() => Connection.open(url, 0)).toThrow();
  });

  it('is the same service for whoever waits', async () => {
    const store = await StoreProcess.start();
    const adapter = new AdapterUnderTest(store.url.replace('esdb:', 'kurrentdb:'));
    expect(await append(adapter)).toBe(0n);
    const feed = adapter.subscriptions.catchUp({
      name: 'kurrent',
      from: null,
      streamPrefixes: [],
      batchSize: 10,
      lingerMs: 1,
      onBatch: async () => undefined,
    });
    await eventually(async () => feed.isLive(), 5_000);
    await adapter.close();
    await store.remove();
  });
});
