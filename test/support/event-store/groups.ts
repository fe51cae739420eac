import {
  type Filter,
  type PersistentSubscriptionToAllSettings,
  type PersistentSubscriptionToStreamSettings,
  PINNED,
  START,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
} from '@eventstore/db-client';
import { CreateReq } from '@eventstore/db-client/generated/persistent_pb';
import { type Contract, unique } from './contract';
import { eventually } from '../eventually';

/** Settings of a group on a stream; from the start unless they say otherwise. */
export const settings = (over: Partial<PersistentSubscriptionToStreamSettings> = {}) =>
  persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, ...over });
export const allSettings = (over: Partial<PersistentSubscriptionToAllSettings> = {}) =>
  persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START, ...over });

/** A strategy that the protocol has and the official client cannot ask for. */
export const PINNED_BY_CORRELATION = 'PinnedByCorrelation';

/** Makes the official client send the name of a strategy as it is, while `work` is under way. */
async function naming<T>(strategy: string, work: () => Promise<T>): Promise<T> {
  const settingsPrototype = CreateReq.Settings.prototype;
  const spy = jest.spyOn(settingsPrototype, 'setNamedConsumerStrategy');
  spy.mockImplementation(function (this: CreateReq.Settings) {
    return this.setConsumerStrategy(strategy);
  });
  try {
    return await work();
  } finally {
    spy.mockRestore();
  }
}

/** A checkpoint after each message, as fast as the server does it. */
export const EAGER = { checkPointAfter: 10, checkPointLowerBound: 1, checkPointUpperBound: 1 };

/** Makes groups under names of their own, and deletes them when the file is through. */
export class Groups {
  constructor(private readonly store: Pick<Contract, 'client' | 'atEnd'>) {}

  async onStream(stream: string, over: Partial<PersistentSubscriptionToStreamSettings> = {}): Promise<string> {
    const group = unique('group');
    const { client } = this.store;
    const create = (chosen: typeof over) =>
      client.createPersistentSubscriptionToStream(stream, group, settings(chosen));
    if (over.consumerStrategyName === PINNED_BY_CORRELATION) {
      await naming(PINNED_BY_CORRELATION, () => create({ ...over, consumerStrategyName: PINNED }));
    } else await create(over);
    this.store.atEnd(() => ignoreMissing(client.deletePersistentSubscriptionToStream(stream, group)));
    return group;
  }

  async onAll(over: Partial<PersistentSubscriptionToAllSettings> = {}, filter?: Filter): Promise<string> {
    const group = unique('group');
    const { client } = this.store;
    await client.createPersistentSubscriptionToAll(group, allSettings(over), filter ? { filter } : {});
    this.store.atEnd(() => ignoreMissing(client.deletePersistentSubscriptionToAll(group)));
    return group;
  }

  /** Messages parked by a group on a stream. */
  async parked(stream: string, group: string): Promise<number> {
    const { stats } = await this.store.client.getPersistentSubscriptionToStreamInfo(stream, group);
    return Number(stats.parkedMessageCount);
  }

  /** Waits until a group has parked so many messages: a negative acknowledgement is not answered. */
  hasParked(stream: string, group: string, count: number): Promise<void> {
    return eventually(async () => (await this.parked(stream, group)) === count, 20_000);
  }
}

async function ignoreMissing(deleting: Promise<void>): Promise<void> {
  try {
    await deleting;
  } catch (error) {
    const type = error instanceof Error && 'type' in error ? error.type : undefined;
    if (type !== 'persistent-subscription-does-not-exist') throw error;
  }
}
