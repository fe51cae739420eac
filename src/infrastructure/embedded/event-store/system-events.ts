import { randomUUID } from 'node:crypto';
import type { GroupDefinition } from './persistent/group-settings';
import type { ProposedEvent } from './storage/record';
import { EXPECT_ANY, EXPECT_NO_STREAM } from './streams/expected-revision';
import type { StreamWriter } from './streams/stream-writer';

/** Streams that EventStoreDB writes of its own accord, and that its users see in `$all`. */
const EPOCHS = '$epoch-information';
const GROUP_CONFIGURATION = '$persistentSubscriptionConfig';

/** Writes the event that every log begins with: which server began it, and when. Resolves when it is on disk. */
export function beginLog(writer: StreamWriter): Promise<void> {
  const data = {
    epochPosition: 0,
    epochNumber: 0,
    epochId: randomUUID(),
    prevEpochPosition: -1,
    timeStamp: new Date().toISOString(),
    leaderInstanceId: randomUUID(),
  };
  const event = json('$EpochInformation', data);
  return new Promise((resolve) => writer.append(EPOCHS, EXPECT_NO_STREAM, [event], () => resolve()));
}

/** Writes down which groups there are; what they work by is kept elsewhere, this is for whoever reads the log. */
export function recordGroups(writer: StreamWriter, groups: readonly GroupDefinition[]): void {
  const data = {
    version: '2',
    updated: new Date().toISOString(),
    updatedBy: 'system',
    entries: groups.map(({ startAfter: _, ...entry }) => entry),
  };
  writer.append(GROUP_CONFIGURATION, EXPECT_ANY, [json('$PersistentConfig', data)], () => undefined);
}

const json = (type: string, data: unknown): ProposedEvent => ({
  id: randomUUID(),
  type,
  isJson: true,
  data: Buffer.from(JSON.stringify(data)),
  metadata: Buffer.alloc(0),
});
