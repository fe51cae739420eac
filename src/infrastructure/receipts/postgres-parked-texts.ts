import type { Clock } from '../../application/ports/clock';
import type { InboundReaders } from '../../application/ports/inbound-texts';
import type { ParkedText, ParkedTexts } from '../../application/ports/parked-texts';
import type { InboundTable, StoredParkedText } from './inbound-table';
import type { ReportSeal } from './report-seal';

/** What the inbox holds back because its number was nobody's. */
export class PostgresParkedTexts implements ParkedTexts {
  constructor(
    private readonly table: InboundTable,
    private readonly seal: ReportSeal,
    private readonly readers: InboundReaders,
    private readonly clock: Clock,
  ) {}

  async list(number: string | null, limit: number): Promise<ParkedText[]> {
    return this.read(await this.table.parked(number, null, limit));
  }

  async find(id: string): Promise<ParkedText | null> {
    return (await this.read(await this.table.parked(null, id, 1)))[0] ?? null;
  }

  async letGo(which: { readonly number: string } | { readonly id: string }): Promise<number> {
    const [number, id] = 'id' in which ? [null, which.id] : [which.number, null];
    const count = await this.table.letGo(number, id, new Date(this.clock.now()));
    if (count > 0) await this.table.announce();
    return count;
  }

  async discarded(id: string): Promise<void> {
    await this.table.settle([id], 'discarded');
  }

  private async read(stored: readonly StoredParkedText[]): Promise<ParkedText[]> {
    const raws = await this.seal.open(stored.map(({ content }) => content));
    return stored.map(({ id, parked_number: number, provider, kind, received_at: receivedAt }, index) => {
      const reading = this.readers.readInbound(provider, kind, raws[index] ?? Buffer.alloc(0));
      // An account that is configured no more has nobody who reads it; its texts can be let go again with it.
      const said = reading?.kind === 'text' ? reading : { from: '?', text: '?' };
      return { id, number, provider, receivedAt: receivedAt.toISOString(), from: said.from, text: said.text };
    });
  }
}
