import { Checkpointer } from '../../../src/infrastructure/embedded/event-store/persistent/checkpointer';

const settings = {
  resolveLinks: false,
  extraStatistics: false,
  messageTimeoutMs: 1000,
  maxRetryCount: 2,
  checkpointAfterMs: 500,
  minCheckpointCount: 3,
  maxCheckpointCount: 10,
  maxSubscriberCount: 0,
  liveBufferSize: 500,
  readBatchSize: 20,
  historyBufferSize: 500,
  strategy: 'RoundRobin',
} as const;

describe('the checkpoint of a group', () => {
  let written: number[];
  let checkpointer: Checkpointer;
  beforeEach(() => {
    jest.useFakeTimers();
    written = [];
    checkpointer = new Checkpointer(settings, undefined, -1, (place) => {
      written.push(place);
      return Promise.resolve();
    });
  });
  afterEach(() => jest.useRealTimers());

  const done = (count: number, read = count - 1): void =>
    checkpointer.consider(
      () => count - 1,
      () => count,
      read,
    );

  it('waits for the time and the least number', () => {
    done(2);
    jest.advanceTimersByTime(10_000);
    expect(written).toEqual([]);
    done(3);
    expect(written).toEqual([]);
    jest.advanceTimersByTime(500);
    expect(written).toEqual([2]);
  });

  it('is written at once at the highest number', () => {
    done(10);
    expect(written).toEqual([9]);
  });

  it('is written when much was read and nothing matched', () => {
    checkpointer.consider(
      () => 12_000,
      () => 0,
      12_000,
    );
    expect(written).toEqual([12_000]);
  });

  it('is written when the group stops, unless nothing is new', async () => {
    await checkpointer.finish(0);
    await checkpointer.finish(0);
    expect(written).toEqual([0]);
    jest.advanceTimersByTime(10_000);
    expect(written).toEqual([0]);
  });
});
