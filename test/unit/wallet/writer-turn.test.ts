import { WriterTurn } from '../../../src/application/wallet/writer-turn';
import { SharedTurn } from './wallet-fixture';

const clock = {
  now: () => Date.now(),
  iso: () => new Date().toISOString(),
  monotonicMs: () => performance.now(),
};
const turnOf = (shared: SharedTurn, self: string): WriterTurn => new WriterTurn('wallet-x', shared.of(self), clock);
/** As one whose appends follow one another, that it keeps others out. */
const goOn = (writer: WriterTurn): void => {
  writer.won(performance.now() - 5);
  writer.won(performance.now() - 5);
};
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('turns between writers', () => {
  it('lets nobody wait while nobody has lost', async () => {
    const winner = turnOf(new SharedTurn(), 'a');
    goOn(winner);
    await settled();
    expect(await winner.standAside()).toBe(false);
  });

  it('makes the winner stand aside until the loser has written', async () => {
    const shared = new SharedTurn();
    const [winner, loser] = [turnOf(shared, 'a'), turnOf(shared, 'b')];
    await loser.lost();
    goOn(winner);
    await settled();
    let aside = true;
    const waiting = winner.standAside().then((did) => {
      aside = false;
      return did;
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(aside).toBe(true);
    expect(await loser.standAside()).toBe(false);
    loser.won(performance.now());
    expect(await waiting).toBe(true);
    expect(shared.holder).toBeNull();
  });

  it('respects no turn for longer than a second', async () => {
    const shared = new SharedTurn();
    const winner = turnOf(shared, 'a');
    await turnOf(shared, 'killed').lost();
    goOn(winner);
    await settled();
    const startedAt = performance.now();
    expect(await winner.standAside()).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(await winner.standAside()).toBe(false);
  });

  it('makes a second loser wait for the first', async () => {
    const shared = new SharedTurn();
    const [first, second] = [turnOf(shared, 'a'), turnOf(shared, 'b')];
    await first.lost();
    await second.lost();
    expect(shared.holder).toBe('a');
    const waiting = second.standAside();
    first.won(performance.now());
    expect(await waiting).toBe(true);
  });

  it('does not ask after an append that none follows', async () => {
    const shared = new SharedTurn();
    turnOf(shared, 'a').won(performance.now());
    await settled();
    expect(shared.asked).toBe(0);
  });

  it('does not ask where its appends leave as much room as they take', async () => {
    const shared = new SharedTurn();
    const writer = turnOf(shared, 'a');
    for (let append = 0; append < 3; append++) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      writer.won(performance.now() - 10);
    }
    await settled();
    expect(shared.asked).toBe(0);
  });

  it('asks also where all that waited was in the last append: its senders come again at once', async () => {
    const shared = new SharedTurn();
    const winner = turnOf(shared, 'a');
    for (let append = 0; append < 3; append++) {
      const startedAt = performance.now();
      // However long an append takes: what counts is the pause before it.
      await new Promise((resolve) => setTimeout(resolve, 70));
      winner.won(startedAt);
    }
    await settled();
    expect(shared.asked).toBe(2);
  });

  it('claims another turn where the first was over before it could write', async () => {
    const shared = new SharedTurn();
    const loser = turnOf(shared, 'a');
    await loser.lost();
    shared.holder = null;
    await loser.lost();
    expect(shared.holder).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    await loser.lost();
    expect(shared.holder).toBe('a');
  });
});
