import type { MessageFilter } from '../../application/ports/message-reads';
import type { ProjectionSql } from '../../application/ports/projection';
import type { Mode } from '../../domain/shared/event';
import type { PageEnd } from './cursor';
import type { MessageRow } from './message-row';
import { MESSAGE_COLUMNS, rowFromSql, type MessageSqlRow } from './message-sql-row';

/** Whose messages. */
export interface MessageOwner {
  readonly customerId: string;
  readonly mode: Mode;
}

/** What a list is narrowed to; a person's number has become its subject, and an inbound number is one of ours. */
export type RowFilter = Omit<MessageFilter, 'to'> & { readonly subjectId?: string; readonly inboundNumber?: string };

export async function findMessage(
  sql: ProjectionSql,
  owner: MessageOwner,
  messageId: string,
): Promise<MessageRow | null> {
  const { rows } = await sql.query<MessageSqlRow>({
    name: 'message_find',
    text: `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE message_id = $1 AND customer_id = $2 AND mode = $3`,
    values: [messageId, owner.customerId, owner.mode],
  });
  return rows[0] === undefined ? null : rowFromSql(rows[0]);
}

/** Newest first, by (created_at, id). */
export async function listMessages(
  sql: ProjectionSql,
  owner: MessageOwner,
  filter: RowFilter,
  limit: number,
  after: PageEnd | null,
): Promise<MessageRow[]> {
  const values: unknown[] = [];
  const param = (value: unknown): string => `$${values.push(value)}`;
  const where = [`customer_id = ${param(owner.customerId)}`, `mode = ${param(owner.mode)}`];
  if (filter.subjectId !== undefined) where.push(`subject_id = ${param(filter.subjectId)}`, `direction = 'outbound'`);
  if (filter.inboundNumber !== undefined) where.push(`sender = ${param(filter.inboundNumber)}`);
  if (filter.clientReference !== undefined) where.push(`client_reference = ${param(filter.clientReference)}`);
  if (filter.batchId !== undefined) where.push(`batch_id = ${param(filter.batchId)}`);
  if (filter.status !== undefined) where.push(`status = ${param(filter.status)}`);
  if (filter.channel !== undefined) where.push(`channel = ${param(filter.channel)}`);
  if (filter.direction !== undefined) where.push(`direction = ${param(filter.direction)}`);
  if (filter.createdFrom !== undefined) where.push(`created_at >= ${param(filter.createdFrom)}::timestamptz`);
  if (filter.createdTo !== undefined) where.push(`created_at < ${param(filter.createdTo)}::timestamptz`);
  if (after !== null) {
    where.push(`(created_at, message_id) < (${param(after.createdAt)}::timestamptz, ${param(after.messageId)})`);
  }
  const { rows } = await sql.query<MessageSqlRow>({
    text: `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE ${where.join(' AND ')}
            ORDER BY created_at DESC, message_id DESC LIMIT ${param(limit)}`,
    values,
  });
  return rows.map(rowFromSql);
}
