import type { Clock } from '../../application/ports/clock';
import type { InboxReport, ReceiptInbox, ReportReaders, Verdict } from '../../application/ports/delivery-reports';
import type { IdSource } from '../../application/ports/id-source';
import type { Logger } from '../../application/ports/logger';
import { MicroBatch } from '../crypto/micro-batch';
import { LeaseLoop } from '../timers/lease-loop';
import type { InboxListener } from './inbox-listener';
import type { InboxTable, NewReport, PostponedReport, SettledReport, StoredReport } from './inbox-table';
import type { ReportSeal } from './report-seal';
import { PassingMap } from '../../domain/shared/passing-map';

/** Short: what a process that died had in hand waits for it. A report that is handed out twice does no harm. */
const LEASE_MS = 10_000;
const LOOP = { name: 'receipts', concurrency: 128, shortestPauseMs: 1_000, longestPauseMs: 5_000 };
const MOST_IN_A_BATCH = 200;
/** A provider waits for its 200, though not for long. */
const INSERT_PACE_MS = 8;
/** Nobody waits for what comes of a report to be noted. */
const NOTE_PACE_MS = 50;
/** More than this in memory, and further reports are left to whoever has room, this process included. */
const MOST_HANDED_OVER = 2_000;
const MOST_PURGED = 5_000;
const MOST_PARKED = 20_000;
const PAUSE_AFTER_FAILURE_MS = 2_000;

/** The inbox in Postgres: durable before anybody is answered, worked on at once where this process matches reports. */
export class PostgresReceiptInbox implements ReceiptInbox {
  private readonly loop: LeaseLoop<InboxReport>;
  private readonly inserts: MicroBatch<NewReport, true>;
  private readonly settlements: MicroBatch<SettledReport, true>;
  private readonly postponements: MicroBatch<PostponedReport, true>;
  /** Reports that this process could not match yet, by the id that they name. */
  private readonly parked = new PassingMap<string, string>();
  /** Of those the fresh ones, kept in hand under their lease: most wait for nothing but the answer of their own call. */
  private readonly held = new PassingMap<string, { readonly report: InboxReport; readonly timer: NodeJS.Timeout }>();

  constructor(
    private readonly table: InboxTable,
    private readonly listener: InboxListener,
    private readonly seal: ReportSeal,
    private readonly readers: ReportReaders,
    private readonly ids: IdSource,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    const lookup = {
      claim: async (now: Date, limit: number) => this.opened(await table.claim(now, LEASE_MS, limit)),
      nextAt: () => table.nextAt(),
    };
    this.loop = new LeaseLoop(lookup, clock, logger, LOOP);
    const each = async <T>(items: readonly T[], run: (items: readonly T[]) => Promise<void>): Promise<true[]> => {
      await run(items);
      return items.map(() => true);
    };
    this.inserts = new MicroBatch((items) => each(items, (all) => this.insert(all)), MOST_IN_A_BATCH, INSERT_PACE_MS);
    this.settlements = new MicroBatch(
      (items) => each(items, (all) => table.settle(all)),
      MOST_IN_A_BATCH,
      NOTE_PACE_MS,
    );
    this.postponements = new MicroBatch(
      (items) => each(items, (all) => table.postpone(all)),
      MOST_IN_A_BATCH,
      NOTE_PACE_MS,
    );
  }

  /** Durable when it returns; concurrent calls share one insert. */
  async put(provider: string, raw: Buffer): Promise<void> {
    const receivedAtMs = this.clock.now();
    const mine = this.loop.isRunning() && this.loop.waiting() < MOST_HANDED_OVER;
    const receivedAt = new Date(receivedAtMs);
    const reading = this.readers.read(provider, raw);
    const report: NewReport = {
      id: this.ids.uuid(),
      provider,
      receivedAt,
      report: await this.seal.seal(raw, receivedAt),
      lookupHash: this.seal.lookupHash(reading?.phone ?? null),
      providerMessageId: reading?.providerMessageId ?? null,
      leasedUntil: mine ? new Date(receivedAtMs + LEASE_MS) : null,
    };
    await this.inserts.add(report);
    const { id } = report;
    if (mine) this.loop.handOver({ id, provider, raw, receivedAt: receivedAt.toISOString(), comparisons: 0 });
    else this.loop.notice(0);
  }

  start(handle: (report: InboxReport) => Promise<Verdict>): void {
    this.loop.start((report) => this.work(report, handle));
    this.listener.start(() => this.loop.notice(0));
  }

  wake(provider: string, providerMessageId: string): void {
    const key = keyOf(provider, providerMessageId);
    const id = this.parked.get(key);
    if (id === undefined) return;
    this.parked.delete(key);
    if (this.resume(id)) return;
    this.table
      .claimOne(id, new Date(this.clock.now()), LEASE_MS)
      .then((report) => (report === null ? [] : this.opened([report])))
      .then((reports) => reports.forEach((report) => this.loop.handOver(report)))
      .catch((error: unknown) => this.logger.warn({ err: error }, 'a report waits for its next comparison'));
  }

  async purge(before: string): Promise<number> {
    const purged = await this.table.purge(new Date(before), MOST_PURGED);
    if (purged < MOST_PURGED) await this.seal.forgetBefore(new Date(before));
    return purged;
  }

  async stop(drainMs: number): Promise<void> {
    for (const { timer } of this.held.values()) clearTimeout(timer);
    this.held.clear();
    await this.listener.stop();
    await this.loop.stop(drainMs);
  }

  private async opened(stored: readonly StoredReport[]): Promise<InboxReport[]> {
    const raws = await this.seal.open(stored.map(({ report }) => report));
    return stored.map(({ id, provider, received_at: receivedAt, comparisons }, index) => ({
      id,
      provider,
      raw: raws[index] ?? Buffer.alloc(0),
      receivedAt: receivedAt.toISOString(),
      comparisons,
    }));
  }

  private async insert(reports: readonly NewReport[]): Promise<void> {
    await this.table.insert(reports);
    if (!this.loop.isRunning()) await this.table.announce();
  }

  private async work(report: InboxReport, handle: (report: InboxReport) => Promise<Verdict>): Promise<void> {
    const { id, provider } = report;
    try {
      const verdict = await handle(report);
      if (verdict.kind === 'settled') await this.settlements.add({ id, outcome: verdict.outcome });
      else if (report.comparisons === 0) this.hold(report, verdict.pauseMs);
      else await this.postpone(report, verdict.pauseMs, report.comparisons + 1);
    } catch (error) {
      this.logger.warn({ err: error, provider, report: id }, 'a report was not handled and will come again');
      await this.postpone(report, PAUSE_AFTER_FAILURE_MS, report.comparisons).catch((failed: unknown) => {
        this.logger.warn({ err: failed, report: id }, 'a report waits for its lease to end');
      });
    }
  }

  private hold(report: InboxReport, pauseMs: number): void {
    this.park(report);
    const timer = setTimeout(() => this.resume(report.id), Math.min(pauseMs, LEASE_MS / 2));
    this.held.set(report.id, { report: { ...report, comparisons: 1 }, timer });
  }

  /** False: it is not in hand. */
  private resume(id: string): boolean {
    const held = this.held.get(id);
    if (held === undefined) return false;
    this.held.delete(id);
    clearTimeout(held.timer);
    this.loop.handOver(held.report);
    return true;
  }

  private async postpone(report: InboxReport, pauseMs: number, comparisons: number): Promise<void> {
    this.park(report);
    await this.postponements.add({ id: report.id, compareAt: new Date(this.clock.now() + pauseMs), comparisons });
    this.loop.notice(pauseMs);
  }

  private park({ id, provider, raw }: InboxReport): void {
    const reading = this.readers.read(provider, raw);
    if (reading === null || this.parked.size >= MOST_PARKED) return;
    this.parked.set(keyOf(provider, reading.providerMessageId), id);
  }
}

const keyOf = (provider: string, providerMessageId: string): string => `${provider}\n${providerMessageId}`;
