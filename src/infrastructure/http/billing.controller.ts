import { Controller, Get, Inject, Query, Res, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../application/message/message-request';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { GetBalance } from '../../application/wallet/get-balance';
import { toKesNumber } from '../../domain/shared/money';
import { BalanceDto } from './answers.dto';
import { AsOfDto } from './as-of.dto';
import { ApiKeyGuard, NeedsScope } from './api-key.guard';
import { AuthenticatedCaller } from './caller.decorator';
import { pastInstantOf } from './instants';
import { ApiProblems } from './openapi';
import { ReadLimitGuard } from './read-limit.guard';
import { DtoPipe } from './validation';

const asOfQuery = new DtoPipe(AsOfDto, { code: 'invalid_parameter', notYet: () => [] });

@ApiTags('Billing')
@ApiBearerAuth()
@Controller('v1/billing')
@UseGuards(ApiKeyGuard, ReadLimitGuard)
export class BillingController {
  constructor(
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Shows what the wallet holds, or held at an instant. */
  @Get('balance')
  @NeedsScope('balance', 'billing')
  @ApiProblems(400, 401, 403, 429, 503)
  async balance(
    @AuthenticatedCaller() { customer, mode }: Caller,
    @Query(asOfQuery) { as_of }: AsOfDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BalanceDto> {
    const instant = as_of === undefined ? undefined : pastInstantOf('as_of', as_of, this.clock.now());
    const balance = await this.queries.execute(new GetBalance(customer.customerId, mode, instant));
    const { available, reserved, asOf, staleSince } = balance;
    if (staleSince !== null) reply.header('waht-stale-since', staleSince);
    return { available_kes: toKesNumber(available), reserved_kes: toKesNumber(reserved), as_of: asOf };
  }
}
