import { Controller, Get, Inject, Query, Res, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ListAuditEntries } from '../../application/audit/list-audit-entries';
import type { Caller } from '../../application/message/message-request';
import type { AuditQuestion } from '../../application/ports/audit-reads';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { READ_SIDE_STATUS, type ReadSideStatus } from '../../application/ports/read-side-status';
import { DomainError } from '../../domain/shared/domain-error';
import { ApiKeyGuard, NeedsScope } from './api-key.guard';
import { AuditPageDto, AuditQueryDto } from './audit.dto';
import { AuthenticatedCaller } from './caller.decorator';
import { instantOf, pastInstantOf } from './instants';
import { ApiProblems } from './openapi';
import { ReadLimitGuard } from './read-limit.guard';
import { DtoPipe } from './validation';

const DEFAULT_LIMIT = 20;

const auditQuery = new DtoPipe(AuditQueryDto, { code: 'invalid_parameter', notYet: () => [] });

@ApiTags('Audit')
@ApiBearerAuth()
@Controller('v1/audit')
@UseGuards(ApiKeyGuard, ReadLimitGuard)
export class AuditController {
  constructor(
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(READ_SIDE_STATUS) private readonly readSide: ReadSideStatus,
  ) {}

  /** Lists what happened to your account and everything in it, newest first. Needs a live key. */
  @Get()
  @NeedsScope('messages', 'billing')
  @ApiProblems(400, 401, 403, 429, 503)
  async list(
    @AuthenticatedCaller() { customer, mode }: Caller,
    @Query(auditQuery) query: AuditQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuditPageDto> {
    // Rows do not say of which mode they are, and a test key must not learn of live messages.
    if (mode !== 'live') throw new DomainError('forbidden_scope', 'The audit log is read with a live key.');
    const limit = query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit);
    const page = await this.queries.execute(
      new ListAuditEntries(customer.customerId, this.questionOf(query), limit, query.after ?? null),
    );
    const since = this.readSide.staleSince();
    if (since !== null) reply.header('waht-stale-since', since);
    return { data: page.data, next_cursor: page.nextCursor };
  }

  private questionOf({ from, to, as_of, resource, action, actor }: AuditQueryDto): AuditQuestion {
    return {
      resource,
      action,
      actorKind: actor,
      from: from === undefined ? undefined : instantOf('from', from),
      to: to === undefined ? undefined : instantOf('to', to),
      asOf: as_of === undefined ? undefined : pastInstantOf('as_of', as_of, this.clock.now()),
    };
  }
}
