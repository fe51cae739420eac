import { createHash } from 'node:crypto';
import { TOMBSTONE_REVISION } from './revision';

/** Names longer than this are keyed by their hash, since LMDB limits the length of a key. */
const LONGEST_PLAIN_NAME = 512;
const REVISIONS = 0;

/** Key of the log: the event's number. A positive float64, big-endian, sorts as the number does. */
export function logKey(sequence: number): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeDoubleBE(sequence, 0);
  return key;
}

/** Key of the directory of streams. */
export function nameKey(stream: Buffer): Buffer {
  if (stream.length > LONGEST_PLAIN_NAME) {
    return Buffer.concat([Buffer.from('#'), createHash('sha256').update(stream).digest()]);
  }
  const key = Buffer.allocUnsafe(stream.length + 1);
  key[0] = 0x3d;
  stream.copy(key, 1);
  return key;
}

/**
 * Keys of the index begin with the stream's number, so that what is written to a new stream, which is most of what is
 * written, lands side by side at the end of the tree.
 */
export function revisionKey(streamNumber: number, revision: number): Buffer {
  const key = Buffer.allocUnsafe(15);
  key.writeUIntBE(streamNumber, 0, 6);
  key[6] = REVISIONS;
  key.writeDoubleBE(revision, 7);
  return key;
}

/** Keys that sort right before and right behind all revisions of a stream; no entry has them. */
export const beforeRevisions = (streamNumber: number): Buffer => revisionKey(streamNumber, 0).subarray(0, 7);
export function behindRevisions(streamNumber: number): Buffer {
  const key = beforeRevisions(streamNumber);
  key[6] = REVISIONS + 1;
  return key;
}
export const lastRevisionKey = (streamNumber: number): Buffer => revisionKey(streamNumber, TOMBSTONE_REVISION);

/** The revision in a key of the index. */
export const revisionInKey = (key: Buffer): number => key.readDoubleBE(7);

/** The stream's number in a key of the index. */
export const streamNumberInKey = (key: Buffer): number => key.readUIntBE(0, 6);

export function packNumber(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(value, 0);
  return bytes;
}
