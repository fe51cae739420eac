import type { Clock } from '../../application/ports/clock';
import type { IdSource } from '../../application/ports/id-source';
import type { Logger } from '../../application/ports/logger';
import type { Metrics } from '../../application/ports/metrics';
import type { ProviderAnswers, UnreadAnswer } from '../../application/ports/provider-answers';
import type { AnswerTable } from './answer-table';
import type { ReportSeal } from './report-seal';

/** At one provider, in this process. Whoever looks for the cause of a flood has seen it by then. */
const MOST_A_MINUTE = 60;
const MINUTE_MS = 60_000;
/** A header of any length is no reason for a row of any length. */
const LONGEST_CONTENT_TYPE = 100;
const MOST_PURGED = 5_000;

/** Raw answers in Postgres, written behind the dispatcher's back. */
export class PostgresProviderAnswers implements ProviderAnswers {
  /** By provider: how many of the minute that began then, monotonic milliseconds. */
  private readonly minutes = new Map<string, { readonly sinceMs: number; count: number }>();
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly table: AnswerTable,
    private readonly seal: ReportSeal,
    private readonly ids: Pick<IdSource, 'uuid'>,
    private readonly clock: Clock,
    private readonly metrics: Pick<Metrics, 'providerAnswer'>,
    private readonly logger: Logger,
  ) {}

  keep(answer: UnreadAnswer): void {
    if (!this.hasRoom(answer.provider)) {
      this.metrics.providerAnswer(answer.provider, false);
      return;
    }
    const writing = this.write(answer).finally(() => this.underWay.delete(writing));
    this.underWay.add(writing);
  }

  async purge(before: string): Promise<number> {
    const purged = await this.table.purge(new Date(before), MOST_PURGED);
    if (purged < MOST_PURGED) await this.seal.forgetBefore(new Date(before));
    return purged;
  }

  async flush(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private hasRoom(provider: string): boolean {
    const nowMs = this.clock.monotonicMs();
    const known = this.minutes.get(provider);
    const minute = known === undefined || nowMs - known.sinceMs >= MINUTE_MS ? { sinceMs: nowMs, count: 0 } : known;
    this.minutes.set(provider, minute);
    minute.count += 1;
    return minute.count <= MOST_A_MINUTE;
  }

  /** Never rejects. */
  private async write({ provider, messageId, attempt, code, to, raw }: UnreadAnswer): Promise<void> {
    try {
      const receivedAt = new Date(this.clock.now());
      await this.table.insert({
        id: this.ids.uuid(),
        provider,
        message_id: messageId,
        attempt,
        code,
        status: raw.status,
        content_type: raw.contentType.slice(0, LONGEST_CONTENT_TYPE),
        answer: await this.seal.seal(raw.head, receivedAt),
        lookup_hash: this.seal.lookupHash(to),
        received_at: receivedAt,
      });
      this.metrics.providerAnswer(provider, true);
    } catch (error) {
      this.metrics.providerAnswer(provider, false);
      this.logger.warn({ err: error, provider, messageId, attempt }, "a provider's raw answer could not be kept");
    }
  }
}
