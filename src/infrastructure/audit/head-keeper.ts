import { setTimeout as delay } from 'node:timers/promises';
import type { Leadership, Candidacy } from '../../application/ports/leadership';
import type { Logger } from '../../application/ports/logger';
import type { Metrics } from '../../application/ports/metrics';
import { HeadRefused, type HeadSigner } from './head-signer';

/** Signs heads at intervals, in the one process that leads, and once more when it stands down. */
export class HeadKeeper {
  private candidacy: Candidacy | null = null;

  constructor(
    private readonly signer: HeadSigner,
    private readonly parts: {
      readonly leadership: Leadership;
      readonly logger: Logger;
      readonly metrics: Pick<Metrics, 'headRefused'>;
    },
    private readonly everyMs: number,
  ) {}

  start(): void {
    this.candidacy = this.parts.leadership.stand('audit-heads', (term) => this.lead(term));
  }

  async stop(): Promise<void> {
    await this.candidacy?.stop();
  }

  private async lead(term: AbortSignal): Promise<void> {
    while (!term.aborted) {
      if (!(await this.signed())) await wait(this.everyMs, term);
    }
    await this.signed();
  }

  /** Whether more waits to be signed. What fails is tried again at the next interval. */
  private async signed(): Promise<boolean> {
    try {
      return (await this.signer.sign())?.more ?? false;
    } catch (error) {
      if (error instanceof HeadRefused) {
        this.parts.metrics.headRefused();
        this.parts.logger.error({ err: error }, 'the audit log may have been altered: run waht audit verify');
      } else {
        this.parts.logger.warn({ err: error }, 'no head of the audit log could be signed now');
      }
      return false;
    }
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
