import { Inject, Injectable } from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import {
  EVENT_STORE,
  StoreUnavailable,
  StreamDeleted,
  type EventStore,
  type RecordedEvent,
} from '../../application/ports/event-store';
import {
  NO_SUCH_MESSAGE,
  type MessageFilter,
  type MessageReads,
  type MessageView,
  type Page,
  type TimelineEntry,
} from '../../application/ports/message-reads';
import type { MessageWhy } from '../../application/ports/message-why';
import { TENANT_READS, type TenantReads } from '../../application/ports/tenant-reads';
import { SUBJECT_VAULT, type SubjectVault } from '../../application/ports/subject-vault';
import { NotYours } from '../../application/shared/not-yours';
import { DomainError } from '../../domain/shared/domain-error';
import type { Mode } from '../../domain/shared/event';
import { isId } from '../../domain/shared/ids';
import { streams } from '../../domain/shared/streams';
import { Cursors } from './cursor';
import { foldMessage, type MessageRow } from './message-row';
import { messageView } from './message-view';
import { findMessage, listMessages, type MessageOwner, type RowFilter } from './messages.reader';
import { timelineOf } from './timeline';
import { whyOf } from './why';

const scopeOf = ({ customerId, mode }: MessageOwner): string => `messages\0${customerId}\0${mode}`;

/** Reads from the read model; what has not come there yet from its stream, so that nobody meets a false 404. */
@Injectable()
export class ProjectedMessageReads implements MessageReads {
  private readonly cursors: Cursors;

  constructor(
    @Inject(TENANT_READS) private readonly tenants: TenantReads,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    @Inject(CONFIGURATION) configuration: Configuration,
  ) {
    this.cursors = new Cursors(configuration.lookupKey);
  }

  async find(customerId: string, mode: Mode, messageId: string, asOf?: string): Promise<MessageView | null> {
    if (!isId(messageId, 'msg')) return null;
    const owner = { customerId, mode };
    const projected =
      asOf === undefined ? await this.tenants.read(customerId, (sql) => findMessage(sql, owner, messageId)) : null;
    const row = projected ?? ownRow(owner, await this.history(messageId, asOf));
    return row === null ? null : ((await this.views([row]))[0] ?? null);
  }

  async list(
    customerId: string,
    mode: Mode,
    filter: MessageFilter,
    limit: number,
    after: string | null,
  ): Promise<Page<MessageView>> {
    const owner = { customerId, mode };
    const end = after === null ? null : this.cursors.read(scopeOf(owner), after);
    const narrowed = await this.narrowed(customerId, filter);
    if (narrowed === null) return { data: [], nextCursor: null };
    // One more than asked for tells whether there is another page.
    const rows = await this.tenants.read(customerId, (sql) => listMessages(sql, owner, narrowed, limit + 1, end));
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const nextCursor =
      last === undefined
        ? null
        : this.cursors.write(scopeOf(owner), { createdAt: last.created_at, messageId: last.message_id });
    return { data: await this.views(page), nextCursor };
  }

  async timeline(customerId: string, mode: Mode, messageId: string, asOf?: string): Promise<TimelineEntry[] | null> {
    if (!isId(messageId, 'msg')) return null;
    const events = await this.history(messageId, asOf);
    return ownRow({ customerId, mode }, events) === null ? null : timelineOf(events);
  }

  /** Null: to somebody who is not known. */
  private async narrowed(customerId: string, { to, ...rest }: MessageFilter): Promise<RowFilter | null> {
    if (to === undefined) return rest;
    if (rest.direction === 'inbound') return { ...rest, inboundNumber: to };
    const subjectId = (await this.vault.findSubject(customerId, to))?.subjectId;
    return subjectId === undefined ? null : { ...rest, subjectId };
  }

  async why(customerId: string, mode: Mode, messageId: string, asOf?: string): Promise<MessageWhy | null> {
    if (!isId(messageId, 'msg')) return null;
    const events = await this.history(messageId, asOf);
    return ownRow({ customerId, mode }, events) === null ? null : whyOf(events);
  }

  private async views(rows: readonly MessageRow[]): Promise<MessageView[]> {
    const opened = await this.vault.open(rows.flatMap((row) => [row.recipient, row.body]));
    return rows.map((row, i) => messageView(row, opened[2 * i] ?? '', opened[2 * i + 1] ?? ''));
  }

  private async history(messageId: string, asOf?: string): Promise<RecordedEvent[]> {
    try {
      const events = await this.store.readStream(streams.message(messageId));
      return asOf === undefined ? events : events.filter(({ created }) => created <= asOf);
    } catch (error) {
      if (error instanceof StreamDeleted) return [];
      if (error instanceof StoreUnavailable) {
        throw new DomainError('unavailable', 'The event log cannot be read just now.', [], 1);
      }
      throw error;
    }
  }
}

/** Null: there is no such message. @throws NotYours where there is one that this customer may not see in this mode. */
function ownRow(owner: MessageOwner, events: readonly RecordedEvent[]): MessageRow | null {
  const row = events.reduce(foldMessage, null);
  if (row === null || (row.customer_id === owner.customerId && row.mode === owner.mode)) return row;
  const reason = row.customer_id === owner.customerId ? 'other_mode' : 'other_customer';
  throw new NotYours(NO_SUCH_MESSAGE, row.message_id, reason);
}
