const SLAB_BYTES = 256 * 1024;

/** Copies of many small buffers in few large ones: an allocation for each would cost more than all else of a read. */
export class Slab {
  private current = Buffer.alloc(0);
  private used = 0;

  /** A copy of `bytes` that stays as it is. */
  keep(bytes: Buffer): Buffer {
    const size = bytes.length;
    if (size > this.current.length - this.used) {
      this.current = Buffer.allocUnsafeSlow(Math.max(size, SLAB_BYTES));
      this.used = 0;
    }
    const from = this.used;
    // lmdb sets the length of its buffer by hand; only a view of it has that length for the runtime too.
    this.current.set(bytes.subarray(0, size), from);
    this.used += size;
    return this.current.subarray(from, this.used);
  }
}
