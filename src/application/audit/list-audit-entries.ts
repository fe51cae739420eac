import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { AUDIT_READS, type AuditEntry, type AuditQuestion, type AuditReads } from '../ports/audit-reads';
import type { Page } from '../ports/message-reads';

/** This customer's own rows of the audit log, newest first. `limit` 1–100. @throws DomainError invalid_cursor, invalid_parameter */
export class ListAuditEntries extends Query<Page<AuditEntry>> {
  constructor(
    readonly customerId: string,
    readonly question: AuditQuestion,
    readonly limit: number,
    /** `next_cursor` of the page before; null: the first page. */
    readonly after: string | null,
  ) {
    super();
  }
}

@QueryHandler(ListAuditEntries)
export class ListAuditEntriesHandler implements IQueryHandler<ListAuditEntries> {
  constructor(@Inject(AUDIT_READS) private readonly reads: AuditReads) {}

  execute({ customerId, question, limit, after }: ListAuditEntries): Promise<Page<AuditEntry>> {
    return this.reads.list(customerId, question, limit, after);
  }
}
