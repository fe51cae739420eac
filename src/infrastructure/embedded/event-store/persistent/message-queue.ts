/** Taken from the front this many times, and half of the array waste, before the waste is cut off. */
const WASTE = 1024;

/** What to do with the item looked at: take it out, leave it and look at the next one, or stop looking. */
export type Verdict = 'take' | 'leave' | 'stop';

/** A queue that is mostly taken from at its front, one item at a time, without moving all the others. */
export class MessageQueue<T> {
  private items: T[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** Puts `item` before the first of the items at the end that are `after` it. */
  insert(item: T, isAfter: (other: T) => boolean): void {
    let at = this.items.length;
    while (at > this.head && isAfter(this.items[at - 1] as T)) at--;
    this.items.splice(at, 0, item);
  }

  /** Looks at items from the front on; leaves at most `mostLeft` before it gives up. */
  scan(mostLeft: number, judge: (item: T) => Verdict): void {
    const left: T[] = [];
    while (this.head < this.items.length && left.length < mostLeft) {
      const item = this.items[this.head] as T;
      const verdict = judge(item);
      if (verdict === 'stop') break;
      this.head++;
      if (verdict === 'leave') left.push(item);
    }
    if (left.length > 0) this.replace(left.concat(this.items.slice(this.head)));
    else if (this.head > WASTE && this.head > this.items.length / 2) this.replace(this.items.slice(this.head));
  }

  private replace(items: T[]): void {
    this.items = items;
    this.head = 0;
  }
}
