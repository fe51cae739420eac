import { Module } from '@nestjs/common';
import { ListAuditEntriesHandler } from './list-audit-entries';

/** What customers can ask of the audit log. */
@Module({ providers: [ListAuditEntriesHandler] })
export class AuditQueriesModule {}
