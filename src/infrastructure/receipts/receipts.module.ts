import { Global, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { ACCESS_LOG, type AccessLog } from '../../application/ports/access-log';
import { ATTEMPT_INDEX } from '../../application/ports/attempt-index';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { RECEIPT_INBOX, REPORT_READERS, type ReportReaders } from '../../application/ports/delivery-reports';
import { ID_SOURCE, type IdSource } from '../../application/ports/id-source';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { SMS_GATEWAYS, type SmsGateways } from '../../application/ports/sms-gateway';
import { PostgresSubjectVault } from '../crypto/postgres-subject-vault';
import { DATABASE, type Database } from '../postgres/database';
import { InboxListener } from './inbox-listener';
import { InboxTable } from './inbox-table';
import { PostgresAttemptIndex } from './postgres-attempt-index';
import { PostgresReceiptInbox } from './postgres-receipt-inbox';
import { ReportSeal } from './report-seal';
import { receiptRoutes } from './receipt-routes';

/** The inbox of delivery reports, the address that they come to, and the index that they are matched by. */
@Global()
@Module({
  providers: [
    {
      provide: RECEIPT_INBOX,
      inject: [DATABASE, PostgresSubjectVault, REPORT_READERS, ID_SOURCE, CLOCK, LOGGER],
      useFactory: (
        database: Database,
        vault: PostgresSubjectVault,
        ...rest: [readers: ReportReaders, ids: IdSource, clock: Clock, logger: Logger]
      ) =>
        new PostgresReceiptInbox(
          new InboxTable(database),
          new InboxListener(database, rest[3]),
          new ReportSeal(vault),
          ...rest,
        ),
    },
    {
      provide: ATTEMPT_INDEX,
      inject: [DATABASE],
      useFactory: (database: Database) => new PostgresAttemptIndex(database),
    },
  ],
  exports: [RECEIPT_INBOX, ATTEMPT_INDEX],
})
export class ReceiptsModule implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(RECEIPT_INBOX) private readonly inbox: PostgresReceiptInbox,
    @Inject(SMS_GATEWAYS) private readonly gateways: SmsGateways,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ACCESS_LOG) private readonly accessLog: AccessLog,
  ) {}

  /** Before the server listens, in a scope of its own: no other route reads a body as this one does. */
  onModuleInit(): void {
    const fastify: FastifyInstance = this.adapterHost.httpAdapter.getInstance();
    const { callbackSecret } = this.configuration;
    // Not awaited: that would boot Fastify before Nest has set its error handler, and every route would keep the default one.
    void fastify.register(receiptRoutes(this.inbox, this.gateways, callbackSecret, this.logger, this.accessLog));
  }
}
