import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeedItem } from '../../src/application/ports/subscriptions';
import { accessChain, auditChain } from '../../src/infrastructure/audit/chained-log';
import type { ComparisonInput } from '../../src/infrastructure/audit/compare-with-log';
import { HeadSigner } from '../../src/infrastructure/audit/head-signer';
import { HeadsFile } from '../../src/infrastructure/audit/heads-file';
import { signingKey, type SigningKey } from '../../src/infrastructure/audit/signing-keys';
import type { Database } from '../../src/infrastructure/postgres/database';
import { auditProjection } from '../../src/projections/audit/audit.projection';
import { feedItem, migratedDatabase, TestLog, type MigratedDatabase } from './projection-spec';

const NOW = '2026-11-23T00:00:00.000Z';
const STREAMS = 7;

/** A log of events, its audit log in Postgres, and heads signed where the test says. */
export class AuditFixture {
  readonly items: FeedItem[] = [];
  readonly key: SigningKey = signingKey(Buffer.from(Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 0xff)));
  readonly file: HeadsFile;
  readonly signer: HeadSigner;
  private readonly projector: Database;
  private readonly log = new TestLog();

  private constructor(
    readonly db: MigratedDatabase,
    readonly folder: string,
  ) {
    this.projector = db.as('waht_projector');
    this.file = new HeadsFile(folder);
    const keys = { signing: this.key, trusted: [] };
    this.signer = new HeadSigner(db.as('waht_worker'), [auditChain(), accessChain], this.file, keys, {
      iso: () => NOW,
    });
  }

  static async create(): Promise<AuditFixture> {
    return new AuditFixture(await migratedDatabase(), mkdtempSync(join(tmpdir(), 'waht-heads-')));
  }

  /** Events that are only in the event log so far. */
  happen(events: number): FeedItem[] {
    const fresh = Array.from({ length: events }, () => {
      const n = this.log.all.length;
      return feedItem(this.log.append(`thing-${n % STREAMS}`, { type: n % 3 === 0 ? 'Made' : 'Moved', data: { n } }));
    });
    this.items.push(...fresh);
    return fresh;
  }

  async project(items: readonly FeedItem[]): Promise<void> {
    await this.projector.transaction((sql) => auditProjection.apply(items, sql));
  }

  /** The event log as verification gets it; everything is due. */
  truth(items: readonly FeedItem[] = this.items): ComparisonInput {
    const ids = new Map(items.map(({ event }) => [`${event.stream}@${event.revision}`, event.id]));
    async function* events(): AsyncGenerator<readonly FeedItem[]> {
      for (let i = 0; i < items.length; i += 50) yield await Promise.resolve(items.slice(i, i + 50));
    }
    return {
      events: events(),
      lookUp: (stream, revision, id) => Promise.resolve(ids.get(`${stream}@${revision}`) === id),
      projectedTo: null,
      dueBefore: NOW,
    };
  }

  async close(): Promise<void> {
    await this.db.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
