import { Inject, Injectable } from '@nestjs/common';
import type { AuditEntry, AuditQuestion, AuditReads } from '../../application/ports/audit-reads';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import type { Page } from '../../application/ports/message-reads';
import { TENANT_READS, type TenantReads } from '../../application/ports/tenant-reads';
import { DomainError } from '../../domain/shared/domain-error';
import { isId } from '../../domain/shared/ids';
import { streams } from '../../domain/shared/streams';
import { Cursors } from '../messages/cursor';
import { newestAuditRows, type RowPlace } from './audit-query';
import type { AuditRow } from './audit-table';

const scopeOf = (customerId: string): string => `audit\0${customerId}`;

/** Rows of one customer, which Postgres shows no others to. A cursor names the last row, never its place among all. */
@Injectable()
export class ProjectedAuditReads implements AuditReads {
  private readonly cursors: Cursors;

  constructor(
    @Inject(TENANT_READS) private readonly tenants: TenantReads,
    @Inject(CONFIGURATION) configuration: Configuration,
  ) {
    this.cursors = new Cursors(configuration.lookupKey);
  }

  async list(
    customerId: string,
    { resource, ...rest }: AuditQuestion,
    limit: number,
    after: string | null,
  ): Promise<Page<AuditEntry>> {
    const before = after === null ? null : this.placeOf(customerId, after);
    const filter = { ...rest, customerId, streams: resource === undefined ? undefined : streamsOf(resource) };
    // One more than asked for tells whether there is another page.
    const rows = await this.tenants.read(customerId, (sql) => newestAuditRows(sql, filter, limit + 1, before));
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const nextCursor =
      last === undefined ? null : this.cursors.seal(scopeOf(customerId), [last.facts.stream, last.facts.revision]);
    return { data: page.map(entryOf), nextCursor };
  }

  private placeOf(customerId: string, cursor: string): RowPlace {
    const [stream = '', revision = '0'] = this.cursors.open(scopeOf(customerId), cursor);
    return { stream, revision };
  }
}

/** The streams that an id stands for. @throws DomainError invalid_parameter */
function streamsOf(id: string): string[] {
  if (isId(id, 'msg')) return [streams.message(id)];
  if (isId(id, 'sub')) return [streams.block(id)];
  if (isId(id, 'opt')) return [streams.optOut(id)];
  if (isId(id, 'cus')) {
    return [streams.customer(id), streams.wallet(id, 'live'), streams.wallet(id, 'test'), streams.block(id)];
  }
  const field = {
    field: 'resource',
    message: 'must be the id of a message, of your account, of an opt-out, or of a blocked recipient',
  };
  throw new DomainError('invalid_parameter', 'The request has parameters that cannot be accepted.', [field]);
}

function entryOf({ facts, hash }: AuditRow): AuditEntry {
  const dash = facts.stream.indexOf('-');
  const { actor_kind: kind, actor_id: id } = facts;
  return {
    event_id: facts.event_id,
    recorded_at: facts.recorded_at,
    at: facts.at,
    action: facts.type,
    resource: { kind: facts.stream.slice(0, dash), id: facts.stream.slice(dash + 1) },
    revision: Number(facts.revision),
    actor: kind === null ? null : { kind, id: kind === 'key' ? id : null },
    correlation_id: facts.correlation_id,
    data_sha256: facts.data_sha256,
    metadata_sha256: facts.metadata_sha256,
    hash,
  };
}
