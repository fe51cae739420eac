import { Global, Inject, Module, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { ACCESS_LOG, type AccessLog } from '../../application/ports/access-log';
import { ATTEMPT_INDEX } from '../../application/ports/attempt-index';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import {
  RECEIPT_INBOX,
  REPORT_PARTS,
  REPORT_READERS,
  type ReportParts,
  type ReportReaders,
} from '../../application/ports/delivery-reports';
import {
  INBOUND_DOOR,
  INBOUND_INBOX,
  INBOUND_READERS,
  type InboundDoor,
  type InboundReaders,
} from '../../application/ports/inbound-texts';
import { ID_SOURCE, type IdSource } from '../../application/ports/id-source';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { METRICS, type Metrics } from '../../application/ports/metrics';
import { PROVIDER_ANSWERS } from '../../application/ports/provider-answers';
import { PostgresSubjectVault } from '../crypto/postgres-subject-vault';
import { DATABASE, type Database } from '../postgres/database';
import { GatewayRegistry } from '../providers/gateway-registry';
import { AnswerTable } from './answer-table';
import { inboundRoutes } from './inbound-routes';
import { INBOUND_CHANNEL, InboundTable } from './inbound-table';
import { InboxListener } from './inbox-listener';
import { INBOX_CHANNEL, InboxTable } from './inbox-table';
import { PostgresAttemptIndex } from './postgres-attempt-index';
import { PostgresInboundInbox } from './postgres-inbound-inbox';
import { PostgresProviderAnswers } from './postgres-provider-answers';
import { PostgresReceiptInbox } from './postgres-receipt-inbox';
import { PostgresReportParts } from './postgres-report-parts';
import { ReportSeal } from './report-seal';
import { receiptRoutes } from './receipt-routes';

/** The inboxes of delivery reports and of texts, the addresses that they come to, the index that reports are matched by, and raw answers. */
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
          new InboxListener(database, rest[3], INBOX_CHANNEL),
          new ReportSeal(vault),
          ...rest,
        ),
    },
    {
      provide: INBOUND_INBOX,
      inject: [DATABASE, PostgresSubjectVault, INBOUND_READERS, ID_SOURCE, CLOCK, LOGGER],
      useFactory: (
        database: Database,
        vault: PostgresSubjectVault,
        ...rest: [readers: InboundReaders, ids: IdSource, clock: Clock, logger: Logger]
      ) =>
        new PostgresInboundInbox(
          new InboundTable(database),
          new InboxListener(database, rest[3], INBOUND_CHANNEL),
          new ReportSeal(vault, 'inbound'),
          ...rest,
        ),
    },
    {
      provide: REPORT_PARTS,
      inject: [DATABASE, CLOCK],
      useFactory: (database: Database, clock: Clock) => new PostgresReportParts(database, clock),
    },
    {
      provide: PROVIDER_ANSWERS,
      inject: [DATABASE, PostgresSubjectVault, ID_SOURCE, CLOCK, METRICS, LOGGER],
      useFactory: (
        database: Database,
        vault: PostgresSubjectVault,
        ...rest: [ids: IdSource, clock: Clock, metrics: Metrics, logger: Logger]
      ) => new PostgresProviderAnswers(new AnswerTable(database), new ReportSeal(vault, 'answers'), ...rest),
    },
    {
      provide: ATTEMPT_INDEX,
      inject: [DATABASE],
      useFactory: (database: Database) => new PostgresAttemptIndex(database),
    },
  ],
  exports: [RECEIPT_INBOX, INBOUND_INBOX, PROVIDER_ANSWERS, ATTEMPT_INDEX, REPORT_PARTS],
})
export class ReceiptsModule implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(RECEIPT_INBOX) private readonly inbox: PostgresReceiptInbox,
    @Inject(INBOUND_INBOX) private readonly texts: PostgresInboundInbox,
    @Inject(INBOUND_DOOR) private readonly inboundDoor: InboundDoor,
    @Inject(REPORT_PARTS) private readonly parts: ReportParts,
    private readonly gateways: GatewayRegistry,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ACCESS_LOG) private readonly accessLog: AccessLog,
  ) {}

  /** Before the server listens, in a scope of its own: no other route reads a body as this one does. */
  onModuleInit(): void {
    const fastify: FastifyInstance = this.adapterHost.httpAdapter.getInstance();
    const { callbackSecret } = this.configuration;
    const rest = [callbackSecret, this.logger, this.accessLog] as const;
    // Not awaited: that would boot Fastify before Nest has set its error handler, and every route would keep the default one.
    void fastify.register(receiptRoutes(this.inbox, this.gateways, ...rest));
    void fastify.register(inboundRoutes(this.texts, this.inboundDoor, ...rest));
  }

  /** Where messages go out, connections are made over which reports and texts come in. */
  onApplicationBootstrap(): void {
    if (!this.configuration.roles.has('dispatcher')) return;
    this.gateways.open({
      keep: (provider, raw) => this.inbox.put(provider, raw),
      keepText: (provider, raw) => this.texts.put(provider, 'text', raw),
      join: (provider, wholeId, partIds) => this.join(provider, wholeId, partIds),
    });
  }

  /** A message whose parts could not be joined is judged by the report of the part that it is named by. */
  private async join(provider: string, wholeId: string, partIds: readonly string[]): Promise<void> {
    try {
      await this.parts.join(provider, wholeId, partIds);
    } catch (error) {
      this.logger.warn({ err: error, provider }, 'the parts of a message are reported as if it had one only');
    }
  }
}
