import type { FilterSpecification } from '../reading/event-filter';
import type { StrategyName } from './consumer-strategies';

/** How a group works; times in ms. */
export interface GroupSettings {
  readonly resolveLinks: boolean;
  readonly extraStatistics: boolean;
  /** After this a message that was not answered comes again; 0: never. */
  readonly messageTimeoutMs: number;
  /** A message that failed more often than this is parked. */
  readonly maxRetryCount: number;
  readonly checkpointAfterMs: number;
  readonly minCheckpointCount: number;
  readonly maxCheckpointCount: number;
  /** 0: any number. */
  readonly maxSubscriberCount: number;
  readonly liveBufferSize: number;
  readonly readBatchSize: number;
  readonly historyBufferSize: number;
  readonly strategy: StrategyName;
}

/** Name under which `$all` goes where a stream's name is expected. */
export const ALL = '$all';

/** A persistent subscription as it is stored. */
export interface GroupDefinition {
  /** Name of the stream, or ALL. */
  readonly stream: string;
  readonly group: string;
  readonly settings: GroupSettings;
  readonly filter?: FilterSpecification;
  /** Where it was asked to start, for `info`. */
  readonly startFrom: number | 'start' | 'end';
  /** Place before the first event it gets: a revision, or for `$all` a number in the log. */
  readonly startAfter: number;
}

/** The names of stream and group, as one key. */
export const groupId = (stream: string, group: string): string => `${stream}::${group}`;

/** Stream that a group's parked messages are linked in. */
export const parkedStream = (stream: string, group: string): string =>
  `$persistentsubscription-${groupId(stream, group)}-parked`;
