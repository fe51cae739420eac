import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { LEADERSHIP, type Candidacy, type Leadership } from '../../application/ports/leadership';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { METRICS, type Metrics } from '../../application/ports/metrics';
import type { Projection, ProjectionRegistry } from '../../application/ports/projection';
import { SUBSCRIPTIONS, type Subscriptions } from '../../application/ports/subscriptions';
import { PROJECTOR_DATABASE, type Database } from '../postgres/database';
import { ProjectionFeed, type FeedSettings } from './projection-feed';

const SETTINGS: FeedSettings = {
  ...{ batchSize: 2_000, lingerMs: 50, busyLingerMs: 400 },
  ...{ firstPauseMs: 250, longestPauseMs: 30_000 },
};

/**
 * Runs every registered projection in the one process that leads. All run under one lock, so that they share one read of
 * the log; the checkpoints' compare-and-set guards what the lock cannot (a leader that has not yet noticed its loss).
 */
@Injectable()
export class ProjectionEngine implements ProjectionRegistry, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly projections: Projection[] = [];
  private candidacy: Candidacy | null = null;
  private feed: ProjectionFeed | null = null;

  constructor(
    @Inject(SUBSCRIPTIONS) private readonly subscriptions: Subscriptions,
    @Inject(PROJECTOR_DATABASE) private readonly database: Database,
    @Inject(LEADERSHIP) private readonly leadership: Leadership,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  register(projection: Projection): void {
    if (this.projections.some(({ name }) => name === projection.name)) {
      throw new Error(`two projections are called ${projection.name}`);
    }
    this.projections.push(projection);
  }

  onApplicationBootstrap(): void {
    if (!this.configuration.roles.has('projector') || this.projections.length === 0) return;
    this.candidacy = this.leadership.stand('projector', (term) => this.lead(term));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.candidacy?.stop();
  }

  /** This process runs the projections and has reached the end of the log. */
  isLive(): boolean {
    return this.feed?.isLive() ?? false;
  }

  private async lead(term: AbortSignal): Promise<void> {
    const { subscriptions, database, metrics, logger, clock } = this;
    this.feed = new ProjectionFeed(this.projections, { subscriptions, database, metrics, logger, clock }, SETTINGS);
    try {
      await this.feed.run(term);
    } finally {
      this.feed = null;
    }
  }
}
