import { DELETED_TRUNCATE_BEFORE, TOMBSTONE_REVISION } from '../storage/revision';

/** The part of a stream's metadata that the store itself acts on. */
export interface StreamMetadata {
  /** Only this many of the newest events are shown. */
  readonly maxCount?: number;
  readonly maxAgeMs?: number;
  /** Events before this revision are not shown; TOMBSTONE_REVISION if the stream is soft-deleted. */
  readonly truncateBefore?: number;
}

export const NO_METADATA: StreamMetadata = {};

const METADATA_PREFIX = '$$';
export const METADATA_TYPE = '$metadata';

export const isMetadataStream = (stream: string): boolean => stream.startsWith(METADATA_PREFIX);
export const metadataStreamOf = (stream: string): string => METADATA_PREFIX + stream;
/** The stream that a metadata stream describes. */
export const describedStream = (metadataStream: string): string => metadataStream.slice(METADATA_PREFIX.length);

export const isSoftDeleted = (metadata: StreamMetadata): boolean => metadata.truncateBefore === TOMBSTONE_REVISION;

/** Reads the data of a `$metadata` event. What is not an object, or not a number where one belongs, counts as not set. */
export function parseMetadata(data: Buffer): StreamMetadata {
  const raw = parseObject(data);
  const number = (key: string): number | undefined => {
    const value = raw[key];
    return typeof value === 'number' && value >= 0 ? Math.min(value, TOMBSTONE_REVISION) : undefined;
  };
  const maxAgeSeconds = number('$maxAge');
  return {
    maxCount: number('$maxCount'),
    maxAgeMs: maxAgeSeconds === undefined ? undefined : maxAgeSeconds * 1000,
    truncateBefore: number('$tb'),
  };
}

/** Metadata of a stream that is deleted softly: all else it held is gone, as in EventStoreDB. */
export const softDeletedMetadata = (): Buffer => Buffer.from(`{"$tb":${DELETED_TRUNCATE_BEFORE}}`);

/** The metadata of a stream with `$tb` set anew and everything else kept. */
export function withTruncateBefore(data: Buffer, revision: number): Buffer {
  return Buffer.from(JSON.stringify({ ...parseObject(data), $tb: revision }));
}

/** The lowest revision that a reader may see. */
export function firstVisible(metadata: StreamMetadata, last: number): number {
  const byCount = metadata.maxCount === undefined ? 0 : last - metadata.maxCount + 1;
  return Math.max(0, byCount, metadata.truncateBefore ?? 0);
}

function parseObject(data: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    // The client wrote something that is no JSON: a stream with such metadata has none.
    return {};
  }
}
