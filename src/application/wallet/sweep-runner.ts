import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import { LEADERSHIP, type Candidacy, type Leadership } from '../ports/leadership';
import { LOGGER, type Logger } from '../ports/logger';
import { ReservationSweeper } from './reservation-sweeper';

const SWEEP_EVERY_MS = 10_000;

/** Sweeps every ten seconds, in one process at a time. Idle, a sweep is one indexed query. */
@Injectable()
export class SweepRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private candidacy: Candidacy | null = null;

  constructor(
    private readonly sweeper: ReservationSweeper,
    @Inject(LEADERSHIP) private readonly leadership: Leadership,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.configuration.roles.has('projector')) return;
    this.candidacy = this.leadership.stand('reservation-sweeper', (term) => this.lead(term));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.candidacy?.stop();
  }

  private async lead(term: AbortSignal): Promise<void> {
    while (!term.aborted) {
      try {
        const result = await this.sweeper.sweepOnce();
        if (result.examined > 0) this.logger.info(result, 'examined reservations');
      } catch (error) {
        this.logger.warn({ err: error }, 'a sweep failed; the next one tries again');
      }
      await pauseUnlessAborted(term, SWEEP_EVERY_MS);
    }
  }
}

function pauseUnlessAborted(term: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (term.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      term.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    term.addEventListener('abort', done);
  });
}
