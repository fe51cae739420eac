import { Inject, Injectable } from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { EVENT_STORE, type EventStore } from '../../application/ports/event-store';
import type { Page } from '../../application/ports/message-reads';
import { NO_SUCH_OPT_OUT, type OptOutReads, type OptOutView } from '../../application/ports/opt-out-reads';
import { SUBJECT_VAULT, type SubjectVault } from '../../application/ports/subject-vault';
import { TENANT_READS, type TenantReads } from '../../application/ports/tenant-reads';
import { NotYours } from '../../application/shared/not-yours';
import type { Mode } from '../../domain/shared/event';
import { streams } from '../../domain/shared/streams';
import { Cursors } from '../messages/cursor';
import { foldOptOut, type OptOutRow } from './opt-out-row';
import { standingOptOuts } from './opt-outs.reader';

const scopeOf = (customerId: string, mode: Mode): string => `opt-outs\0${customerId}\0${mode}`;

/** Lists come from the read model; one of them from its stream, which is short and never behind. */
@Injectable()
export class ProjectedOptOutReads implements OptOutReads {
  private readonly cursors: Cursors;

  constructor(
    @Inject(TENANT_READS) private readonly tenants: TenantReads,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    @Inject(CONFIGURATION) configuration: Configuration,
  ) {
    this.cursors = new Cursors(configuration.lookupKey);
  }

  async find(customerId: string, mode: Mode, optOutId: string): Promise<OptOutView | null> {
    const events = await this.store.readStream(streams.optOut(optOutId));
    const row = events.reduce<OptOutRow | null>(foldOptOut, null);
    if (row?.ended_at !== null) return null;
    if (row.customer_id !== customerId) throw new NotYours(NO_SUCH_OPT_OUT, optOutId, 'other_customer');
    if (row.mode !== mode) throw new NotYours(NO_SUCH_OPT_OUT, optOutId, 'other_mode');
    return (await this.views([row]))[0] ?? null;
  }

  async list(
    customerId: string,
    mode: Mode,
    { phone }: { readonly phone?: string },
    limit: number,
    after: string | null,
  ): Promise<Page<OptOutView>> {
    const scope = scopeOf(customerId, mode);
    const [optedOutAt = '', optOutId = ''] = after === null ? [] : this.cursors.open(scope, after);
    const end = after === null ? null : { optedOutAt, optOutId };
    const subject = phone === undefined ? null : await this.vault.findSubject(customerId, phone);
    if (phone !== undefined && subject === null) return { data: [], nextCursor: null };
    // One more than asked for tells whether there is another page.
    const rows = await this.tenants.read(customerId, (sql) =>
      standingOptOuts(sql, { customerId, mode }, subject?.subjectId ?? null, limit + 1, end),
    );
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const nextCursor = last === undefined ? null : this.cursors.seal(scope, [last.opted_out_at, last.opt_out_id]);
    return { data: await this.views(page), nextCursor };
  }

  private async views(rows: readonly OptOutRow[]): Promise<OptOutView[]> {
    const phones = await this.vault.open(rows.map((row) => row.phone));
    return rows.map(({ opt_out_id, mode, sender, source, opted_out_at }, i) => ({
      opt_out_id,
      mode,
      phone: phones[i] ?? '',
      sender_id: sender,
      source,
      created_at: opted_out_at,
    }));
  }
}
