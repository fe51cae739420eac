import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { LEADERSHIP, type Candidacy, type Leadership } from '../../application/ports/leadership';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { METRICS, type Metrics } from '../../application/ports/metrics';
import type { Projection, ProjectionRegistry } from '../../application/ports/projection';
import {
  STREAM_ITEMS,
  SUBSCRIPTIONS,
  type StreamItems,
  type Subscriptions,
} from '../../application/ports/subscriptions';
import { LogIntegrity } from '../event-store/integrity/log-integrity';
import { PROJECTOR_DATABASE, type Database } from '../postgres/database';
import { asOwner, type DatabaseConfiguration } from '../postgres/open-databases';
import { servingVersion } from './checkpoints';
import type { FeedSettings } from './feed-parts';
import { ProjectionFeed } from './projection-feed';
import { runRebuilds } from './rebuild/run-rebuilds';
import { letGoUnderstood } from './understood';

const SETTINGS: FeedSettings = {
  batchSize: 2_000,
  lingerMs: 50,
  busyLingerMs: 400,
  firstPauseMs: 250,
  longestPauseMs: 30_000,
};

/** How often a process that is older than what serves looks whether that is still so. */
const LOOK_AGAIN_MS = 10_000;

/** How often a process looks whether it has held the log against the read models by now. */
const VERIFIED_YET_MS = 250;

/**
 * Runs each registered projection in the one process that leads it: those that lead several share one read of the log. The
 * role is that of a projection and its version, so that old and new processes beside each other run what they know; the
 * checkpoints' compare-and-set guards what the lock cannot (a leader that has not yet noticed its loss).
 */
@Injectable()
export class ProjectionEngine implements ProjectionRegistry, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly projections: Projection[] = [];
  private readonly feed: ProjectionFeed;
  private candidacies: readonly Candidacy[] = [];
  /** One at a time: each holds connections of its own. */
  private upgrading: Promise<void> = Promise.resolve();

  constructor(
    @Inject(SUBSCRIPTIONS) private readonly subscriptions: Subscriptions,
    @Inject(PROJECTOR_DATABASE) private readonly database: Database,
    @Inject(LEADERSHIP) private readonly leadership: Leadership,
    @Inject(METRICS) metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: DatabaseConfiguration & Pick<Configuration, 'roles'>,
    @Inject(STREAM_ITEMS) private readonly store: StreamItems,
    @Inject(LogIntegrity) private readonly integrity: Pick<LogIntegrity, 'isVerified' | 'mismatch'>,
  ) {
    this.feed = new ProjectionFeed({ subscriptions, database, metrics, logger, clock }, SETTINGS);
  }

  register(projection: Projection): void {
    if (this.projections.some(({ name }) => name === projection.name)) {
      throw new Error(`two projections are called ${projection.name}`);
    }
    this.projections.push(projection);
  }

  /** All that were registered. */
  get registered(): readonly Projection[] {
    return this.projections;
  }

  onApplicationBootstrap(): void {
    if (!this.configuration.roles.has('projector')) return;
    this.candidacies = this.projections.map((projection) =>
      this.leadership.stand(`projector:${projection.name}@${projection.version}`, (term) =>
        this.lead(projection, term),
      ),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.candidacies.map((candidacy) => candidacy.stop()));
  }

  private async lead(projection: Projection, term: AbortSignal): Promise<void> {
    const { name, version } = projection;
    const serving = await servingVersion(this.database, name);
    if (serving !== null && serving > version) {
      this.logger.warn({ projection: name, version, serving }, 'a newer version serves: this process leaves it alone');
      await delay(LOOK_AGAIN_MS, undefined, { signal: term }).catch(() => undefined);
      return;
    }
    if (serving !== null && serving < version) await this.upgrade(projection, serving, term);
    await this.letGo(projection, term);
    await this.feed.follow(projection, term);
  }

  /** What only an older program could not read. Of a log that is not the one that we know nothing is read. */
  private async letGo(projection: Projection, term: AbortSignal): Promise<void> {
    if (projection.kind !== 'events') return;
    while (!this.integrity.isVerified) {
      if (term.aborted || this.integrity.mismatch !== null) return;
      await delay(VERIFIED_YET_MS);
    }
    const { database, store, logger } = this;
    await letGoUnderstood({ database, store, logger }, projection);
  }

  /** Builds the new version beside the old one, which goes on serving, and is run by an older process if there is one. */
  private async upgrade(projection: Projection, from: number, term: AbortSignal): Promise<void> {
    const { name, version } = projection;
    if (projection.kind === 'envelopes') {
      throw new Error(
        `${name} v${from} is not replaced by v${version} while it is served: replay it on the command line`,
      );
    }
    const before = this.upgrading;
    const upgrade = async (): Promise<void> => {
      await before;
      if (term.aborted) return;
      this.logger.info({ projection: name, from, to: version }, 'building a new version of a projection');
      const { subscriptions, database, clock } = this;
      const parts = { subscriptions, database, clock };
      const [report] = await asOwner(this.configuration, this.logger, (owner) =>
        runRebuilds([projection], 'rebuild', { ...parts, owner }, { signal: term }),
      );
      this.logger.info(
        { projection: name, version, events: report?.events, seconds: report?.seconds },
        'a new version of a projection serves now',
      );
    };
    const upgraded = upgrade();
    this.upgrading = upgraded.catch(() => undefined);
    await upgraded;
  }
}
