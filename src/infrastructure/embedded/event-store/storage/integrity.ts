import { LogStore, StoreFailure } from './log-store';

/** A check goes from the newest event backwards for this long: what a crash can tear is what was written last. */
const CHECK_MS = 1500;

/** Walks through the data in a folder. Throws StoreFailure at the first thing that does not fit. */
export async function checkData(directory: string): Promise<void> {
  const store = new LogStore(directory);
  const until = Date.now() + CHECK_MS;
  const last = store.lastSequence();
  for (const { value } of store.groupEntries()) value.at(0);
  for (let sequence = last; sequence > 0 && Date.now() < until; sequence--) {
    const event = store.event(sequence);
    if (!event) throw new StoreFailure(`event ${sequence} of ${last} is missing`);
    const number = store.streamNumber(event.streamBytes);
    if (number !== event.streamNumber || store.sequenceOf(number, event.revision) !== sequence) {
      throw new StoreFailure(`event ${sequence} is not in the index`);
    }
  }
  await store.close();
}
