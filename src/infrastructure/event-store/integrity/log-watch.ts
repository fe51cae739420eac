import type { LogPosition } from '../../../application/ports/event-store';
import type { Logger } from '../../../application/ports/logger';
import type { ConnectionSource } from '../connection/connection-source';
import { grpcFailure, isConnectionLost } from '../reads/grpc-failure';
import { readAt, readHead, type FoundAt } from '../reads/stream-reader';
import { isAfter, positionText } from '../subscriptions/positions';
import { WakeUp } from '../subscriptions/wake-up';
import type { LogIntegrity } from './log-integrity';
import type { LogMarks } from './log-marks';

const LOOK_EVERY_MS = 5_000;
/** Until it has been verified once nothing can be written, so it is looked at more often. */
const LOOK_FIRST_EVERY_MS = 500;
/** A node of a cluster may lag for a moment: a log is only called too short when it stays so. */
const LOOKS_AT_END = 4;
const LOOK_AT_END_PAUSE_MS = 500;

/**
 * Holds what Postgres knows of the log against the log itself, before anything is appended and every five seconds after:
 * the position that the read models have come to must be there, and at the mark the very event that was there before. So
 * a log that was restored from a copy is found in every process, whatever its roles, also where it has grown again since.
 */
export class LogWatch {
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  private looking: Promise<void> | null = null;
  private readonly wakeUp = new WakeUp();

  constructor(
    private readonly connections: ConnectionSource,
    private readonly marks: LogMarks,
    private readonly integrity: LogIntegrity,
    private readonly logger: Logger,
    private readonly lookEveryMs = LOOK_EVERY_MS,
  ) {}

  /** The first look, and then one after the other. Where store or Postgres are away the next look is soon. */
  async start(): Promise<void> {
    await this.look();
    this.plan();
  }

  /** Looks now. Resolves when it has looked, also where it could not see. */
  look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.wakeUp.wakeAll();
    await this.looking;
  }

  private plan(): void {
    if (this.stopped || this.integrity.mismatch !== null) return;
    const inMs = this.integrity.isVerified ? this.lookEveryMs : LOOK_FIRST_EVERY_MS;
    this.timer = setTimeout(() => void this.look().then(() => this.plan()), inMs).unref();
  }

  private async lookOnce(): Promise<void> {
    try {
      const found = await this.difference();
      if (this.stopped) return;
      if (found === null) this.integrity.verified();
      else this.integrity.broken(found);
    } catch (error) {
      // Who cannot see knows nothing: what was verified stays so, and what was not is looked at again soon.
      this.logger.warn({ err: error }, 'the log could not be held against the read models');
    }
  }

  /** @returns what does not agree; null where all does. @throws where store or Postgres cannot be seen */
  async difference(): Promise<string | null> {
    const owed = await this.marks.owed();
    if (owed.length > 0) return `the log was accepted as it is, and not yet made anew from it: ${owed.join(', ')}`;
    // In this order: what was projected before the log is read must be in it.
    const upTo = await this.marks.furthestCheckpoint();
    if (upTo === null) return null;
    const mark = await this.marks.load();
    // A mark behind which the read models stand is of a log that they have been rebuilt from anew since.
    if (mark !== null && !isAfter(mark.position, upTo)) {
      const found = await this.find(mark.position);
      if (isAbsent(found) || (found.kind === 'event' && found.eventId !== mark.eventId))
        return `event ${mark.eventId} is not in the log any more at ${positionText(mark.position)}`;
    }
    const found = await this.find(upTo);
    if (isAbsent(found)) return `the read models have come to ${positionText(upTo)}, which is not in the log`;
    if (found.kind === 'event' && found.eventId !== mark?.eventId)
      await this.marks.save({ position: upTo, eventId: found.eventId }, mark);
    return null;
  }

  /** Of the newest event in the log; null: it is empty. @throws where the store cannot be seen */
  head(): Promise<LogPosition | null> {
    return readHead(this.connections.current);
  }

  private async find(position: LogPosition): Promise<FoundAt> {
    for (let look = 1; ; look++) {
      const connection = this.connections.current;
      const found = await readAt(connection, position).catch((error: unknown) => {
        const failure = grpcFailure(error);
        if (isConnectionLost(failure)) this.connections.replace(connection, failure.detail);
        throw error;
      });
      if (found.kind !== 'beyond_end' || look >= LOOKS_AT_END || this.stopped) return found;
      await this.wakeUp.sleep(LOOK_AT_END_PAUSE_MS);
    }
  }
}

/** An event that its stream's own rules have removed leaves its place; the end of the log, or no place at all, is another log. */
const isAbsent = ({ kind }: FoundAt): boolean => kind === 'beyond_end' || kind === 'no_position';
