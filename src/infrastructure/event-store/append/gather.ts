/** While so many appends wait for their answers, the next ones are gathered. */
const GATHERED_FROM = 4;

/**
 * Lets appends that come in one turn of the event loop leave together, in one write and, at the store, in one commit: each
 * alone costs system calls on both sides that are dearer than the moment it waits. Where few are under way it leaves at once.
 */
export class Gather {
  private sent = 0;
  private gathered: (() => void)[] = [];

  /**
   * `send` is called at once or at the end of the turn; `isGroup`: many wait for it, so it leaves at once and takes with
   * it what has been gathered. Whoever has sent tells when that has ended.
   */
  add(send: () => void, isGroup: boolean): void {
    if (this.gathered.length === 0 && this.sent < GATHERED_FROM) {
      this.sent += 1;
      send();
      return;
    }
    this.gathered.push(send);
    if (isGroup) return this.flush();
    if (this.gathered.length === 1) setImmediate(() => this.flush());
  }

  ended(): void {
    this.sent -= 1;
  }

  private flush(): void {
    const all = this.gathered;
    this.gathered = [];
    this.sent += all.length;
    for (const send of all) send();
  }
}
