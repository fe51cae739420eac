import { Global, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { AUDIT_READS } from '../application/ports/audit-reads';
import { MESSAGE_READS } from '../application/ports/message-reads';
import { OPEN_RESERVATIONS } from '../application/ports/open-reservations';
import { OPT_OUT_READS } from '../application/ports/opt-out-reads';
import { PROJECTION_REGISTRY, type ProjectionRegistry } from '../application/ports/projection';
import { auditProjection } from './audit/audit.projection';
import { ProjectedAuditReads } from './audit/projected-audit-reads';
import { blocksProjection } from './blocks/blocks.projection';
import { customersProjection } from './customers/customers.projection';
import { inboundNumbersProjection } from './inbound-numbers/inbound-numbers.projection';
import { messageAttemptsProjection } from './message-attempts/message-attempts.projection';
import { messagesProjection } from './messages/messages.projection';
import { ProjectedMessageReads } from './messages/projected-message-reads';
import { optOutsProjection } from './opt-outs/opt-outs.projection';
import { ProjectedOptOutReads } from './opt-outs/projected-opt-out-reads';
import { statementProjection } from './statement/statement.projection';
import { walletsProjection } from './wallets/wallets.projection';
import { ProjectedOpenReservations } from './wallets/wallets.reader';

/** The read models and what is read from them. */
@Global()
@Module({
  providers: [
    { provide: MESSAGE_READS, useClass: ProjectedMessageReads },
    { provide: AUDIT_READS, useClass: ProjectedAuditReads },
    { provide: OPT_OUT_READS, useClass: ProjectedOptOutReads },
    { provide: OPEN_RESERVATIONS, useClass: ProjectedOpenReservations },
  ],
  exports: [MESSAGE_READS, AUDIT_READS, OPT_OUT_READS, OPEN_RESERVATIONS],
})
export class ProjectionsModule implements OnModuleInit {
  constructor(@Inject(PROJECTION_REGISTRY) private readonly registry: ProjectionRegistry) {}

  onModuleInit(): void {
    const all = [
      customersProjection,
      blocksProjection,
      optOutsProjection,
      inboundNumbersProjection,
      messagesProjection,
      messageAttemptsProjection,
      walletsProjection,
      statementProjection,
      auditProjection,
    ];
    for (const projection of all) this.registry.register(projection);
  }
}
