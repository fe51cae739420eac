import {
  type EventStoreDBClient,
  AccessDeniedError,
  END,
  NO_STREAM,
  START,
  eventTypeFilter,
} from '@eventstore/db-client';
import { first } from '../../../support/event-store/collect';
import { CASE_MS, collect, event, events, revisions, unique } from '../../../support/event-store/contract';
import { allSettings, settings } from '../../../support/event-store/groups';
import { SecureServer } from '../../../support/event-store/secure-server';

jest.setTimeout(CASE_MS);

/** Roles that no user of any server has. */
const NO_ONE = ['a-role-that-no-one-has'];
const server = SecureServer.given();
const admin = server.admin();
afterAll(() => server.disconnect());

let stream: string;
beforeEach(async () => {
  stream = unique('secure');
  await admin.appendToStream(stream, events(2), { expectedRevision: NO_STREAM });
});

describe('an administrator', () => {
  it('may write and read', async () => {
    expect(await revisions(admin.readStream(stream))).toEqual([0, 1]);
  });

  it('may set metadata, and reads back who may do what', async () => {
    const acl = { readRoles: NO_ONE, writeRoles: NO_ONE, deleteRoles: NO_ONE };
    await admin.setStreamMetadata(stream, { acl });
    expect((await admin.getStreamMetadata(stream)).metadata).toEqual({ acl });
  });

  it('is not shut out by a list that does not name them', async () => {
    await admin.setStreamMetadata(stream, { acl: { readRoles: NO_ONE, writeRoles: NO_ONE, deleteRoles: NO_ONE } });
    await admin.appendToStream(stream, event());
    expect(await revisions(admin.readStream(stream))).toEqual([0, 1, 2]);
    await expect(admin.deleteStream(stream)).resolves.toBeDefined();
  });

  it('may read $all, and make, read and delete a group', async () => {
    expect(await collect(admin.readAll({ fromPosition: START, maxCount: 1 }))).toHaveLength(1);
    const group = unique('group');
    await admin.createPersistentSubscriptionToStream(stream, group, settings());
    const consumer = admin.subscribeToPersistentSubscriptionToStream(stream, group);
    for await (const message of consumer) {
      await consumer.ack(message);
      if (message.event?.revision === 1n) break;
    }
    await admin.deletePersistentSubscriptionToStream(stream, group);
  });
});

describe.each<[string, number, () => EventStoreDBClient]>([
  ['someone without credentials', 7, () => server.nobody()],
  ['someone with a wrong password', 16, () => server.pretender()],
  ['someone unknown', 16, () => server.stranger()],
])('%s', (_, code, connect) => {
  let client: EventStoreDBClient;
  beforeAll(() => {
    client = connect();
  });
  const denied = { type: 'access-denied', code };

  // The answer to an append on the long-lived call carries no code, and with a wrong password there is no such call.
  it('may not write', async () => {
    const appending = client.appendToStream(unique('secure'), event(), { expectedRevision: NO_STREAM });
    await expect(appending).rejects.toBeInstanceOf(AccessDeniedError);
  });

  it('may not write to a stream that is there either, and leaves it as it was', async () => {
    await expect(client.appendToStream(stream, event())).rejects.toMatchObject({ type: 'access-denied' });
    expect(await revisions(admin.readStream(stream))).toEqual([0, 1]);
  });

  it('may not read a stream', async () => {
    await expect(collect(client.readStream(stream))).rejects.toMatchObject(denied);
  });

  it('does not learn whether a stream is there', async () => {
    await expect(collect(client.readStream(unique('missing')))).rejects.toMatchObject(denied);
  });

  it('may not read $all', async () => {
    await expect(collect(client.readAll({ fromPosition: START, maxCount: 1 }))).rejects.toMatchObject(denied);
  });

  it('may not subscribe to a stream', async () => {
    const subscription = client.subscribeToStream(stream, { fromRevision: START });
    await expect(first(subscription, 1, () => undefined)).rejects.toMatchObject(denied);
  });

  it('may not subscribe to $all, filtered or not', async () => {
    const filter = eventTypeFilter({ prefixes: ['None'] });
    for (const options of [{ fromPosition: END }, { fromPosition: END, filter }] as const) {
      await expect(first(client.subscribeToAll(options), 1, () => undefined)).rejects.toMatchObject(denied);
    }
  });

  it('may not delete or tombstone', async () => {
    await expect(client.deleteStream(stream)).rejects.toMatchObject(denied);
    await expect(client.tombstoneStream(stream)).rejects.toMatchObject(denied);
    expect(await revisions(admin.readStream(stream))).toEqual([0, 1]);
  });

  it('may not set or read metadata', async () => {
    await expect(client.setStreamMetadata(stream, { maxCount: 1 })).rejects.toMatchObject({ type: 'access-denied' });
    await expect(client.getStreamMetadata(stream)).rejects.toMatchObject(denied);
  });

  it('may not make, change, look at or delete a group', async () => {
    const group = unique('group');
    await admin.createPersistentSubscriptionToStream(stream, group, settings());
    await expect(client.createPersistentSubscriptionToAll(unique('group'), allSettings())).rejects.toMatchObject(
      denied,
    );
    const change = client.updatePersistentSubscriptionToStream(stream, group, settings());
    await expect(change).rejects.toMatchObject(denied);
    await expect(client.getPersistentSubscriptionToStreamInfo(stream, group)).rejects.toMatchObject(denied);
    await expect(client.deletePersistentSubscriptionToStream(stream, group)).rejects.toMatchObject(denied);
    await admin.deletePersistentSubscriptionToStream(stream, group);
  });

  it('may not read a group', async () => {
    const group = unique('group');
    await admin.createPersistentSubscriptionToStream(stream, group, settings());
    const consumer = client.subscribeToPersistentSubscriptionToStream(stream, group);
    await expect(new Promise((resolve) => consumer.once('error', resolve))).resolves.toMatchObject(denied);
    await admin.deletePersistentSubscriptionToStream(stream, group);
  });
});
