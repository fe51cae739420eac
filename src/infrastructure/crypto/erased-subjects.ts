/** More than a process meets between hearing of an erasure and the end of the last read that began before it. */
const MOST = 100_000;

/**
 * Subjects that the log says were erased. Until the last row of theirs is gone, and for a read that had it in hand when it
 * went, their keys are as good as destroyed. Subjects' ids are never used again.
 */
export class ErasedSubjects {
  private readonly ids = new Set<string>();

  add(subjectId: string): void {
    this.ids.delete(subjectId);
    this.ids.add(subjectId);
    if (this.ids.size <= MOST) return;
    for (const oldest of this.ids) {
      this.ids.delete(oldest);
      return;
    }
  }

  has(subjectId: string): boolean {
    return this.ids.has(subjectId);
  }
}
