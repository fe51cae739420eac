/** What may have changed; listeners read the new state themselves, so that a burst costs one reading. */
export type Change = 'inbox' | 'replies' | 'providers' | 'cleared';

export class ChangeFeed {
  private readonly listeners = new Set<(change: Change) => void>();

  /** Returns the function that ends the listening. */
  listen(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  changed(change: Change): void {
    for (const listener of this.listeners) listener(change);
  }
}
