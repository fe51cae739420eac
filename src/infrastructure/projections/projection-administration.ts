import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { LOGGER, type Logger } from '../../application/ports/logger';
import type { EventProjection, Projection } from '../../application/ports/projection';
import {
  STREAM_ITEMS,
  SUBSCRIPTIONS,
  type StreamItems,
  type Subscriptions,
} from '../../application/ports/subscriptions';
import { DomainError } from '../../domain/shared/domain-error';
import { PROJECTOR_DATABASE, type Database } from '../postgres/database';
import { asOwner } from '../postgres/open-databases';
import { readCheckpoints, type CheckpointReport } from './checkpoints';
import { MOST_COUNTED, readLags } from './lag';
import { letGo, listParked, NotParked, type ParkedReport, type Release, type Released } from './parked-streams';
import { ProjectionEngine } from './projection-engine';
import type { Purpose, RebuildReport } from './rebuild/rebuild';
import { runRebuilds, type RebuildOptions } from './rebuild/run-rebuilds';

export interface ProjectionStatus extends CheckpointReport {
  /** Of the log still to handle; null: the log did not answer. With `lag_is_more` it is the most that was counted. */
  readonly lag_events: number | null;
  readonly lag_is_more: boolean;
  /** Age of the oldest of them. */
  readonly lag_seconds: number | null;
  readonly parked_streams: number;
  /** This program's version of it where it is not the one that serves; it is built and takes over by itself. */
  readonly wanted_version: number | null;
}

/** What operators see of the read side, and may do to it. */
@Injectable()
export class ProjectionAdministration {
  constructor(
    @Inject(ProjectionEngine) private readonly engine: ProjectionEngine,
    @Inject(PROJECTOR_DATABASE) private readonly database: Database,
    @Inject(SUBSCRIPTIONS) private readonly subscriptions: Subscriptions,
    @Inject(STREAM_ITEMS) private readonly store: StreamItems,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async status(): Promise<ProjectionStatus[]> {
    const checkpoints = await readCheckpoints(this.database);
    const parked = await this.parked();
    const positions = checkpoints.map(({ position }) => {
      const [commit, prepare] = position?.split('/') ?? [];
      return commit === undefined || prepare === undefined
        ? null
        : { commit: BigInt(commit), prepare: BigInt(prepare) };
    });
    const lags = positions.length === 0 ? [] : await readLags(this.subscriptions, positions);
    return checkpoints.map((checkpoint, i) => {
      const lag = lags?.[i] ?? null;
      const wanted = this.engine.registered.find(({ name }) => name === checkpoint.name)?.version ?? null;
      const ageMs = lag === null ? null : lag.oldest === null ? 0 : this.clock.now() - Date.parse(lag.oldest);
      return {
        ...checkpoint,
        lag_events: lag?.events ?? null,
        lag_is_more: lag?.events === MOST_COUNTED,
        lag_seconds: ageMs === null ? null : Math.round(Math.max(0, ageMs)) / 1_000,
        parked_streams: parked.filter(({ projection }) => projection === checkpoint.name).length,
        wanted_version: wanted === checkpoint.version ? null : wanted,
      };
    });
  }

  parked(): Promise<ParkedReport[]> {
    return listParked(this.database);
  }

  /** @throws DomainError not_found */
  async letGo(name: string, release: Release): Promise<Released> {
    try {
      return await letGo({ database: this.database, store: this.store }, this.named(name), release);
    } catch (error) {
      if (error instanceof NotParked) throw new DomainError('not_found', `${error.message}.`);
      throw error;
    }
  }

  /**
   * Builds projections anew beside those that serve, and puts them in place or compares.
   * @param names empty: all but the audit log, which has commands of its own
   * @throws DomainError not_found; RebuildUnderWay, ShapeDiffers, RebuildAborted
   */
  rebuild(names: readonly string[], purpose: Purpose, options: RebuildOptions): Promise<RebuildReport[]> {
    const projections =
      names.length === 0 ? this.engine.registered.filter(isOfEvents) : names.map((name) => this.named(name));
    const { subscriptions, database, clock } = this;
    const parts = { subscriptions, database, clock };
    return asOwner(this.configuration, this.logger, (owner) =>
      runRebuilds(projections, purpose, { ...parts, owner }, options),
    );
  }

  private named(name: string): EventProjection {
    const found = this.engine.registered.find((one) => one.name === name);
    const all = this.engine.registered.filter(isOfEvents).map((one) => one.name);
    if (found === undefined || !isOfEvents(found)) {
      throw new DomainError('not_found', `There is no projection ${name} here: ${all.join(', ')}.`);
    }
    return found;
  }
}

const isOfEvents = (projection: Projection): projection is EventProjection => projection.kind === 'events';
