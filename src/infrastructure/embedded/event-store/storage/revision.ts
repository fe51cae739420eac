/**
 * Revisions and positions are JavaScript numbers: exact up to 2^53. The one revision beyond that, of a tombstone
 * (2^63 - 1 on the wire), is stood for by the highest exact number.
 */
export const TOMBSTONE_REVISION = Number.MAX_SAFE_INTEGER;
/** The revision before the first one: a stream that holds nothing. */
export const NO_REVISION = -1;
/** What `$tb` holds in the metadata of a soft-deleted stream. */
export const DELETED_TRUNCATE_BEFORE = '9223372036854775807';

/**
 * A position is the event's number in the log times this, so that a made-up position is told from a real one, as it is
 * by the real server, whose positions are byte offsets.
 */
const POSITION_STEP = 64;

/** The position, commit and prepare alike, of the event with this number (the first is 1; 0 is the start). */
export const positionOf = (sequence: number): number => sequence * POSITION_STEP;

/** The event number at a position, or undefined if no event can have it. */
export const sequenceAt = (position: number): number | undefined =>
  position % POSITION_STEP === 0 ? position / POSITION_STEP : undefined;
