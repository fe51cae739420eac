import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CustomerLimits } from '../../domain/customer/events';
import type { Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** What is left out of `limits` stays as it is. @throws DomainError not_found, validation_failed */
export class ChangeLimits extends Command<Written> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly limits: Partial<CustomerLimits>,
  ) {
    super();
  }
}

@CommandHandler(ChangeLimits)
export class ChangeLimitsHandler implements ICommandHandler<ChangeLimits> {
  constructor(@Inject(CustomerStream) private readonly customers: CustomerStream) {}

  execute({ origin, customerId, limits }: ChangeLimits): Promise<Written> {
    return this.customers.carryOut(origin, customerId, { type: 'ChangeLimits', limits });
  }
}
