import type { Clock } from '../../application/ports/clock';
import type {
  InboundInbox,
  InboundKind,
  InboundReaders,
  InboundReading,
  InboxPart,
  InboxText,
  TextReading,
  TextVerdict,
} from '../../application/ports/inbound-texts';
import type { IdSource } from '../../application/ports/id-source';
import type { Logger } from '../../application/ports/logger';
import { LeaseLoop } from '../timers/lease-loop';
import type { InboundTable, StoredText } from './inbound-table';
import type { InboxListener } from './inbox-listener';
import type { ReportSeal } from './report-seal';

const LEASE_MS = 10_000;
const LOOP = { name: 'inbound texts', concurrency: 32, shortestPauseMs: 100, longestPauseMs: 5_000 };
const MOST_PURGED = 5_000;
const PAUSE_AFTER_FAILURE_MS = 2_000;
/** Networks use a reference again: parts further apart are of two texts. */
const PARTS_WITHIN_MS = 86_400_000;
/** The parent of ids that are derived from a provider's own. */
const IDS = '5c0ff1ce-7e57-4d5a-9b1e-1b0d2f0c7a11';

/** The inbox in Postgres: durable before anybody is answered. Texts are few, beside reports. */
export class PostgresInboundInbox implements InboundInbox {
  private readonly loop: LeaseLoop<InboxText>;

  constructor(
    private readonly table: InboundTable,
    private readonly listener: InboxListener,
    private readonly seal: ReportSeal,
    private readonly readers: InboundReaders,
    private readonly ids: IdSource,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    const lookup = {
      claim: async (now: Date, limit: number) => this.opened(await table.claim(now, LEASE_MS, limit)),
      nextAt: () => table.nextAt(),
    };
    this.loop = new LeaseLoop(lookup, clock, logger, LOOP);
  }

  /** Durable when it returns. */
  async put(provider: string, kind: InboundKind, raw: Buffer): Promise<void> {
    const receivedAt = new Date(this.clock.now());
    const reading = this.readers.readInbound(provider, kind, raw);
    await this.table.insert({
      id: this.idOf(provider, reading),
      provider,
      kind,
      receivedAt,
      content: await this.seal.seal(raw, receivedAt),
      lookupHash: this.seal.lookupHash(personOf(reading)),
      partKey: reading?.kind === 'text' ? this.seal.lookupHash(partsOf(reading)) : null,
    });
    if (this.loop.isRunning()) this.loop.notice(0);
    else await this.table.announce();
  }

  start(handle: (text: InboxText) => Promise<TextVerdict>): void {
    this.loop.start((text) => this.work(text, handle));
    this.listener.start(() => this.loop.notice(0));
  }

  async partsOf({ id, receivedAt }: InboxText): Promise<readonly InboxPart[]> {
    const atMs = Date.parse(receivedAt);
    const stored = await this.table.parts(id, new Date(atMs - PARTS_WITHIN_MS), new Date(atMs + PARTS_WITHIN_MS));
    const texts = await this.opened(stored);
    return texts.map((text, index) => ({ ...text, settled: stored[index]?.settled ?? false }));
  }

  async purge(before: string): Promise<number> {
    const purged = await this.table.purge(new Date(before), MOST_PURGED);
    // What is parked may be older than anything that was settled, and must open for as long as it lies there.
    const oldest = (await this.table.oldest()) ?? new Date(before);
    if (purged < MOST_PURGED) await this.seal.forgetBefore(new Date(Math.min(oldest.getTime(), Date.parse(before))));
    return purged;
  }

  async stop(drainMs: number): Promise<void> {
    await this.listener.stop();
    await this.loop.stop(drainMs);
  }

  /** The same text again is the same row, where the provider says which one it is. */
  private idOf(provider: string, reading: InboundReading | null): string {
    const own = reading?.kind === 'text' ? reading.providerTextId : null;
    return own === null ? this.ids.uuid() : this.ids.derived(IDS, JSON.stringify([provider, own]));
  }

  private async opened(stored: readonly StoredText[]): Promise<InboxText[]> {
    const raws = await this.seal.open(stored.map(({ content }) => content));
    return stored.map(({ id, provider, kind, received_at: receivedAt, tries }, index) => ({
      id,
      provider,
      kind,
      raw: raws[index] ?? Buffer.alloc(0),
      receivedAt: receivedAt.toISOString(),
      tries,
    }));
  }

  private async work(text: InboxText, handle: (text: InboxText) => Promise<TextVerdict>): Promise<void> {
    const { id, provider } = text;
    try {
      const verdict = await handle(text);
      if (verdict.kind === 'settled') await this.table.settle(verdict.ids, verdict.outcome);
      else if (verdict.kind === 'parked') await this.table.park(verdict.ids, verdict.number);
      else await this.postpone(text, verdict.pauseMs, text.tries + 1);
    } catch (error) {
      this.logger.warn({ err: error, provider, text: id }, 'a text was not handled and will come again');
      await this.postpone(text, PAUSE_AFTER_FAILURE_MS, text.tries).catch((failed: unknown) => {
        this.logger.warn({ err: failed, text: id }, 'a text waits for its lease to end');
      });
    }
  }

  private async postpone({ id }: InboxText, pauseMs: number, tries: number): Promise<void> {
    await this.table.postpone(id, new Date(this.clock.now() + pauseMs), tries);
    this.loop.notice(pauseMs);
  }
}

function personOf(reading: InboundReading | null): string | null {
  if (reading === null) return null;
  return reading.kind === 'text' ? reading.from : reading.phone;
}

/** What the parts of one text have in common; null of one that came whole. */
function partsOf({ from, to, part }: TextReading): string | null {
  return part === null ? null : JSON.stringify(['part', from, to, part.reference, part.total]);
}
