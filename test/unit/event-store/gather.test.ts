import { Gather } from '../../../src/infrastructure/event-store/append/gather';

describe('appends that leave together', () => {
  let sent: number[];
  let gather: Gather;
  const add = (...numbers: number[]): void => {
    for (const n of numbers) gather.add(() => void sent.push(n), false);
  };

  beforeEach(() => {
    jest.useFakeTimers();
    sent = [];
    gather = new Gather();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('are none while few wait for an answer: each leaves at once', () => {
    add(1, 2, 3, 4);
    expect(sent).toEqual([1, 2, 3, 4]);
    gather.ended();
    add(5);
    expect(sent).toEqual([1, 2, 3, 4, 5]);
  });

  it('are those that come within a moment once four wait, in their order', () => {
    add(1, 2, 3, 4, 5, 6);
    expect(sent).toEqual([1, 2, 3, 4]);
    jest.advanceTimersByTime(1);
    expect(sent).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('overtake nothing that is gathered, also when answers have come meanwhile', () => {
    add(1, 2, 3, 4, 5);
    for (let n = 0; n < 4; n++) gather.ended();
    add(6);
    expect(sent).toEqual([1, 2, 3, 4]);
    jest.advanceTimersByTime(1);
    expect(sent).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('wait for no moment where one is a group that many wait for, and what is gathered goes with it', () => {
    add(1, 2, 3, 4, 5);
    gather.add(() => void sent.push(6), true);
    expect(sent).toEqual([1, 2, 3, 4, 5, 6]);
    add(7);
    expect(sent).toEqual([1, 2, 3, 4, 5, 6]);
    jest.advanceTimersByTime(1);
    expect(sent).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('count until they have ended', () => {
    add(1, 2, 3, 4, 5);
    jest.advanceTimersByTime(1);
    gather.ended();
    add(6);
    expect(sent).toEqual([1, 2, 3, 4, 5]);
    jest.advanceTimersByTime(1);
    gather.ended();
    gather.ended();
    gather.ended();
    add(7);
    expect(sent).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});
