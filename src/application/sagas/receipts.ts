import { Inject, Injectable } from '@nestjs/common';
import { isExcused } from '../../domain/routing/fault';
import { isLive } from '../../domain/message/state';
import { epochMs } from '../../domain/shared/instants';
import { ATTEMPT_INDEX, type AttemptIndex, type OpenAttempt } from '../ports/attempt-index';
import { CLOCK, type Clock } from '../ports/clock';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import {
  REPORT_PARTS,
  REPORT_READERS,
  type InboxReport,
  type ReportParts,
  type ReportReaders,
  type ReportReading,
  type Verdict,
} from '../ports/delivery-reports';
import { METRICS, type Metrics } from '../ports/metrics';
import { PROVIDER_HEALTH, type ProviderHealth } from '../ports/provider-health';
import { SUBJECT_VAULT, type SubjectVault } from '../ports/subject-vault';
import { CallsUnderWay } from './calls-under-way';
import { MessageCommands } from './message-commands';
import { MessageMemory, type KnownMessage } from './message-memory';
import { RecentDispatches } from './recent-dispatches';

/** Pauses between comparisons of a report with an id nobody has seen; the last one repeats. */
const PAUSES_MS = [1_000, 5_000, 10_000, 60_000, 300_000, 900_000];
const GIVE_UP_AFTER_MS = 86_400_000;
/** The read model of attempts may lag by this much: younger reports are only matched by their id. */
const COMPARE_AFTER_MS = 5_000;
/** No message is valid for longer than this. */
const ATTEMPT_BEFORE_MS = 3 * 86_400_000;

/** Finds the message of each delivery report, and has it reported. Duplicates, strays and disorder do no harm. */
@Injectable()
export class Receipts {
  constructor(
    @Inject(REPORT_READERS) private readonly readers: ReportReaders,
    @Inject(ATTEMPT_INDEX) private readonly index: AttemptIndex,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(PROVIDER_HEALTH) private readonly health: ProviderHealth,
    @Inject(REPORT_PARTS) private readonly parts: ReportParts,
    private readonly memory: MessageMemory,
    private readonly commands: MessageCommands,
    private readonly recent: RecentDispatches,
    private readonly underWay: CallsUnderWay,
  ) {}

  async onReport(report: InboxReport): Promise<Verdict> {
    const verdict = await this.match(report);
    if (verdict.kind === 'later') {
      if (report.comparisons === 0) this.metrics.report(report.provider, 'parked');
    } else if (verdict.outcome !== 'unreadable') {
      this.metrics.report(report.provider, verdict.outcome);
    }
    return verdict;
  }

  private async match(report: InboxReport): Promise<Verdict> {
    const read = this.readers.read(report.provider, report.raw);
    if (read === null) return { kind: 'settled', outcome: 'unreadable' };
    const reading = (await this.isInOnePart(report.provider, read))
      ? read
      : await this.parts.wholeOf(report.provider, read);
    const message = await this.messageOf(report.provider, reading.providerMessageId);
    if (message !== null) return this.record(report, reading, message, null);
    const settles = await this.unknownAttemptFor(report, reading);
    if (settles !== null) {
      const unknown = await this.memory.read(settles.messageId);
      if (unknown !== null) {
        const verdict = await this.record(report, reading, unknown, settles.attempt);
        if (verdict.kind === 'settled' && verdict.outcome === 'matched') return verdict;
      }
    }
    if (this.ageMs(report) >= GIVE_UP_AFTER_MS) return { kind: 'settled', outcome: 'stray' };
    return { kind: 'later', pauseMs: PAUSES_MS[Math.min(report.comparisons, PAUSES_MS.length - 1)] ?? 0 };
  }

  /** So it is not looked for among the parts of messages: a question to the database for each report of a short text. */
  private async isInOnePart(provider: string, { providerMessageId }: ReportReading): Promise<boolean> {
    const messageId = await this.recent.find(provider, providerMessageId);
    const state = messageId === null ? null : (this.memory.known(messageId)?.state ?? null);
    return state !== null && isLive(state) && state.order.segments === 1;
  }

  /** The message that has an attempt with this id by now. */
  private async messageOf(provider: string, providerMessageId: string): Promise<KnownMessage | null> {
    const messageId =
      (await this.recent.find(provider, providerMessageId)) ??
      (await this.index.findByProviderId(provider, providerMessageId));
    if (messageId === null) return null;
    const known = await this.memory.load(messageId);
    if (known !== null && hasAttempt(known, provider, providerMessageId)) return known;
    const fresh = await this.memory.read(messageId);
    return fresh !== null && hasAttempt(fresh, provider, providerMessageId) ? fresh : null;
  }

  /**
   * An id nobody has seen: compared with every attempt at that provider that has neither an id nor a refusal, calls under
   * way included, by number and time. Only if exactly one fits, and its outcome is unknown, is it the one.
   */
  private async unknownAttemptFor(report: InboxReport, reading: ReportReading): Promise<OpenAttempt | null> {
    if (reading.phone === null || this.ageMs(report) < COMPARE_AFTER_MS) return null;
    const subjects = await this.vault.subjectsOfPhone(reading.phone);
    if (subjects.length === 0) return null;
    const subjectIds = subjects.map(({ subjectId }) => subjectId);
    const from = new Date(Date.parse(report.receivedAt) - ATTEMPT_BEFORE_MS).toISOString();
    const open = await this.index.openAttempts(report.provider, subjectIds, from, report.receivedAt);
    const fitting = new Set(open.map(({ messageId }) => messageId));
    for (const messageId of this.underWay.to(report.provider, new Set(subjectIds))) fitting.add(messageId);
    const [one] = open;
    if (one === undefined || open.length > 1 || fitting.size > 1 || !one.unknown) return null;
    return one;
  }

  private async record(
    report: InboxReport,
    reading: ReportReading,
    message: KnownMessage,
    attempt: number | null,
  ): Promise<Verdict> {
    const { id, provider, receivedAt } = report;
    const { providerMessageId, outcome, code, reason, failureCode, permanent } = reading;
    const cause = { id, actor: { kind: 'provider', id: provider } } as const;
    const context = this.commands.context(message, cause, 'report');
    const { events } = await this.commands.run(
      message,
      {
        type: 'RecordReport',
        data: {
          provider,
          providerMessageId,
          attempt,
          outcome,
          class: reading.class,
          code,
          reason,
          failureCode,
          permanent,
          reportedAt: receivedAt,
          graceSeconds: this.configuration.reportGraceSeconds,
        },
      },
      context,
    );
    this.shut(report, reading, message);
    if (events.length === 0) return { kind: 'settled', outcome: 'duplicate' };
    this.sample(report, reading, message, attempt);
    return { kind: 'settled', outcome: 'matched' };
  }

  /** A report may say what the answer did not: that the account, a sender or a prefix is shut there. */
  private shut({ provider }: InboxReport, reading: ReportReading, { state }: KnownMessage): void {
    const { scope, code, reason, phone } = reading;
    if (reading.class !== 'F!' || scope === null || !isLive(state)) return;
    const { customerId, sender } = state.order;
    this.health.shut(provider, { scope, code, reason }, { customerId, sender, destination: phone ?? '' });
  }

  /** The attempt's part in its provider's delivery rate. */
  private sample(
    { provider, receivedAt }: InboxReport,
    { outcome, failureCode, permanent, providerMessageId }: ReportReading,
    { state }: KnownMessage,
    number: number | null,
  ): void {
    if (!isLive(state) || outcome === 'in_transit') return;
    const attempt = state.attempts.find(
      (one) => one.number === number || (one.provider === provider && one.providerMessageId === providerMessageId),
    );
    if (attempt === undefined) return;
    this.health.reported(provider, {
      customerId: state.order.customerId,
      network: state.order.network,
      outcome: outcome === 'delivered' ? 'delivered' : isExcused(failureCode, permanent) ? 'excused' : 'undelivered',
      submittedAtMs: epochMs(attempt.startedAt),
      reportedAtMs: epochMs(receivedAt),
    });
  }

  private ageMs({ receivedAt }: InboxReport): number {
    return this.clock.now() - Date.parse(receivedAt);
  }
}

const hasAttempt = ({ state }: KnownMessage, provider: string, providerMessageId: string): boolean =>
  isLive(state) &&
  state.attempts.some((attempt) => attempt.provider === provider && attempt.providerMessageId === providerMessageId);
