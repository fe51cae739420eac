export const READ_SIDE_STATUS = Symbol('ReadSideStatus');

/** Reads go on from Postgres while the event store is away; their answers say since when. */
export interface ReadSideStatus {
  /** ISO: when this process last followed the log. Null: it follows it now. For the header `Waht-Stale-Since`. */
  staleSince(): string | null;
}
