import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../application/message/message-request';
import { GetOptOut } from '../../application/opt-out/get-opt-out';
import { ListOptOuts } from '../../application/opt-out/list-opt-outs';
import { RecordOptOut } from '../../application/opt-out/record-opt-out';
import { WithdrawOptOut } from '../../application/opt-out/withdraw-opt-out';
import { NUMBERING_PLAN, type NumberingPlan } from '../../application/ports/numbering-plan';
import { NO_SUCH_OPT_OUT } from '../../application/ports/opt-out-reads';
import { READ_SIDE_STATUS, type ReadSideStatus } from '../../application/ports/read-side-status';
import type { Origin } from '../../application/shared/metadata';
import { DomainError } from '../../domain/shared/domain-error';
import { isId } from '../../domain/shared/ids';
import { ApiKeyGuard, NeedsScope } from './api-key.guard';
import { AuthenticatedCaller } from './caller.decorator';
import { phoneInQuery } from './message-filter';
import { ApiProblems } from './openapi';
import { CreateOptOutDto, ListOptOutsDto, OptOutDto, OptOutPageDto } from './opt-outs.dto';
import { ReadLimitGuard } from './read-limit.guard';
import { DtoPipe } from './validation';

const DEFAULT_LIMIT = 20;

const createBody = new DtoPipe(CreateOptOutDto, { code: 'validation_failed', notYet: () => [] });
const listQuery = new DtoPipe(ListOptOutsDto, { code: 'invalid_parameter', notYet: () => [] });

@ApiTags('Opt-outs')
@ApiBearerAuth()
@Controller('v1/opt-outs')
@UseGuards(ApiKeyGuard, ReadLimitGuard)
@NeedsScope('messages')
export class OptOutsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(NUMBERING_PLAN) private readonly plan: NumberingPlan,
    @Inject(READ_SIDE_STATUS) private readonly readSide: ReadSideStatus,
  ) {}

  /**
   * Records that a recipient wants no promotion. It holds from within a second, until it is deleted; what is transactional
   * still goes. Recorded before, the same opt-out is answered.
   */
  @Post()
  @HttpCode(201)
  @ApiProblems(400, 401, 403, 413, 415, 422, 429, 503)
  async create(@AuthenticatedCaller() caller: Caller, @Body(createBody) body: CreateOptOutDto): Promise<OptOutDto> {
    const { customerId } = caller.customer;
    const { optOutId } = await this.commands.execute(
      new RecordOptOut(originOf(caller), {
        customerId,
        mode: caller.mode,
        phone: body.phone,
        sender: body.sender_id ?? null,
        source: 'api',
      }),
    );
    return this.queries.execute(new GetOptOut(customerId, caller.mode, optOutId));
  }

  /** Lists the opt-outs that stand, newest first. */
  @Get()
  @ApiProblems(400, 401, 403, 429, 503)
  async list(
    @AuthenticatedCaller() { customer, mode }: Caller,
    @Query(listQuery) query: ListOptOutsDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OptOutPageDto> {
    const filter = query.phone === undefined ? {} : { phone: phoneInQuery('phone', query.phone, this.plan) };
    const limit = query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit);
    const page = await this.queries.execute(
      new ListOptOuts(customer.customerId, mode, filter, limit, query.after ?? null),
    );
    const since = this.readSide.staleSince();
    if (since !== null) reply.header('waht-stale-since', since);
    return { data: page.data, next_cursor: page.nextCursor };
  }

  /** Shows an opt-out that stands. */
  @Get(':id')
  @ApiProblems(401, 403, 404, 429, 503)
  async find(@AuthenticatedCaller() { customer, mode }: Caller, @Param('id') id: string): Promise<OptOutDto> {
    return this.queries.execute(new GetOptOut(customer.customerId, mode, known(id)));
  }

  /** Ends an opt-out: promotion may reach the recipient again. */
  @Delete(':id')
  @HttpCode(204)
  @ApiProblems(401, 403, 404, 429, 503)
  async remove(@AuthenticatedCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    const owner = { customerId: caller.customer.customerId, mode: caller.mode };
    await this.commands.execute(new WithdrawOptOut(originOf(caller), owner, known(id), 'api'));
  }
}

const originOf = ({ customer, keyId, requestId }: Caller): Origin => ({
  actor: { kind: 'key', id: keyId },
  customerId: customer.customerId,
  correlationId: requestId,
});

/** What is no id of ours is answered as an id that never was, without looking. */
function known(id: string): string {
  if (!isId(id, 'opt')) throw new DomainError('not_found', NO_SUCH_OPT_OUT);
  return id;
}
