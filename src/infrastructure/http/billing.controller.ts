import { Controller, Get, Inject, Query, Res, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../application/message/message-request';
import { GetBalance } from '../../application/wallet/get-balance';
import { DomainError } from '../../domain/shared/domain-error';
import { toKesNumber } from '../../domain/shared/money';
import { BalanceDto } from './answers.dto';
import { ApiKeyGuard, NeedsScope } from './api-key.guard';
import { AuthenticatedCaller } from './caller.decorator';
import { ApiProblems } from './openapi';
import { ReadLimitGuard } from './read-limit.guard';
import { notYetAvailable } from './validation';

@ApiTags('Billing')
@ApiBearerAuth()
@Controller('v1/billing')
@UseGuards(ApiKeyGuard, ReadLimitGuard)
export class BillingController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  /** Shows what the wallet holds. */
  @Get('balance')
  @NeedsScope('balance', 'billing')
  @ApiProblems(400, 401, 403, 429, 503)
  async balance(
    @AuthenticatedCaller() { customer, mode }: Caller,
    @Query() query: Readonly<Record<string, unknown>>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BalanceDto> {
    refuseParameters(query);
    const balance = await this.queries.execute(new GetBalance(customer.customerId, mode));
    const { available, reserved, asOf, staleSince } = balance;
    if (staleSince !== null) reply.header('waht-stale-since', staleSince);
    return { available_kes: toKesNumber(available), reserved_kes: toKesNumber(reserved), as_of: asOf };
  }
}

function refuseParameters(query: Readonly<Record<string, unknown>>): void {
  if ('as_of' in query) throw notYetAvailable(['as_of']);
  const fields = Object.keys(query).map((field) => ({ field, message: 'is not a known parameter' }));
  if (fields.length === 0) return;
  throw new DomainError('invalid_parameter', 'The request has parameters that cannot be accepted.', fields);
}
