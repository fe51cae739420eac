import { Inject, Injectable } from '@nestjs/common';
import { ATTEMPT_INDEX, type AttemptIndex } from '../ports/attempt-index';
import { CLOCK, type Clock } from '../ports/clock';
import { RECEIPT_INBOX, type ReceiptInbox } from '../ports/delivery-reports';
import { INBOUND_INBOX, type InboundInbox } from '../ports/inbound-texts';
import { LEADERSHIP, type Candidacy, type Leadership } from '../ports/leadership';
import { LOGGER, type Logger } from '../ports/logger';
import { PROVIDER_ANSWERS, type ProviderAnswers } from '../ports/provider-answers';
import { TIMERS, type Timers } from '../ports/timers';

const EVERY_MS = 60_000;
/** A message that nobody has touched for so long, and that no alarm will wake, got stuck. */
const QUIET_FOR_MS = 180_000;
const MOST_AT_ONCE = 500;
/** Settled reports, texts and raw answers hold phone numbers, and are of no use once nobody asks about their message any more. */
const KEEP_REPORTS_MS = 30 * 86_400_000;

/**
 * Once a minute in one process, sets alarms again from the read model: Postgres may have been restored, an event parked.
 * An alarm too many does nothing.
 */
@Injectable()
export class Watchdog {
  private candidacy: Candidacy | null = null;

  constructor(
    @Inject(ATTEMPT_INDEX) private readonly index: AttemptIndex,
    @Inject(TIMERS) private readonly timers: Timers,
    @Inject(RECEIPT_INBOX) private readonly inbox: ReceiptInbox,
    @Inject(INBOUND_INBOX) private readonly texts: InboundInbox,
    @Inject(PROVIDER_ANSWERS) private readonly answers: ProviderAnswers,
    @Inject(LEADERSHIP) private readonly leadership: Leadership,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(): void {
    this.candidacy = this.leadership.stand('dispatch-watchdog', (term) => this.lead(term));
  }

  async stop(): Promise<void> {
    await this.candidacy?.stop();
  }

  /** @returns how many alarms were set. */
  async look(): Promise<number> {
    const nowMs = this.clock.now();
    const now = new Date(nowMs).toISOString();
    const quietSince = new Date(nowMs - QUIET_FOR_MS).toISOString();
    const overdue = await this.index.overdue(quietSince, now, MOST_AT_ONCE);
    await Promise.all(
      overdue.map(({ messageId, attempt, reason }) => {
        const purpose = { queued: 'wait', claimed: 'claim', unresolved: 'report_deadline' } as const;
        return this.timers.set({ messageId, attempt, purpose: purpose[reason], dueAt: now });
      }),
    );
    if (overdue.length > 0) this.logger.warn({ messages: overdue.length }, 'stuck messages are woken');
    return overdue.length;
  }

  private async lead(term: AbortSignal): Promise<void> {
    while (!term.aborted) {
      await pause(EVERY_MS, term);
      if (term.aborted) return;
      await this.look();
      const before = new Date(this.clock.now() - KEEP_REPORTS_MS).toISOString();
      await this.inbox.purge(before);
      await this.texts.purge(before);
      await this.answers.purge(before);
    }
  }
}

function pause(ms: number, term: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      term.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    term.addEventListener('abort', done, { once: true });
  });
}
