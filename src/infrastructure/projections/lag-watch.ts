import type { Clock } from '../../application/ports/clock';
import type { LogPosition } from '../../application/ports/event-store';
import type { Metrics } from '../../application/ports/metrics';
import type { Subscriptions } from '../../application/ports/subscriptions';
import { readLags } from './lag';

const LOOK_EVERY_MS = 5_000;

/** Where the projections of a feed stand just now. */
export interface FeedView {
  /** It has reached the end of the log and follows it. */
  readonly isLive: boolean;
  /** Events of the batch under way. */
  readonly inHand: number;
  readonly projections: readonly {
    readonly name: string;
    readonly position: LogPosition | null;
    /** It takes no part: it failed, or was not begun. */
    readonly isWaiting: boolean;
  }[];
}

export interface LagWatchParts {
  readonly subscriptions: Subscriptions;
  readonly metrics: Pick<Metrics, 'projectionLag' | 'projectionBacklog'>;
  readonly clock: Clock;
}

/** Tells every few seconds how far each projection is behind: one that hangs must be seen to fall back, too. */
export class LagWatch {
  private timer: NodeJS.Timeout | null = null;
  private looking = false;

  constructor(
    private readonly parts: LagWatchParts,
    private readonly view: () => FeedView,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const { isLive, inHand, projections } = this.view();
      const behind = projections.filter((one) => !isLive || one.isWaiting);
      for (const one of projections) if (!behind.includes(one)) this.tell(one.name, inHand, inHand === 0 ? 0 : null);
      if (behind.length === 0) return;
      const lags = await readLags(
        this.parts.subscriptions,
        behind.map(({ position }) => position),
      );
      const now = this.parts.clock.now();
      for (const [i, lag] of (lags ?? []).entries()) {
        this.tell(
          behind[i]?.name ?? '',
          lag.events,
          lag.oldest === null ? 0 : Math.max(0, now - Date.parse(lag.oldest)),
        );
      }
    } finally {
      this.looking = false;
    }
  }

  /** @param ms null: as the last batch has left it. */
  private tell(name: string, events: number, ms: number | null): void {
    this.parts.metrics.projectionBacklog(name, events);
    if (ms !== null) this.parts.metrics.projectionLag(name, ms);
  }
}
