import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** A suspended customer is served again. The note is mandatory. @throws DomainError not_found, validation_failed */
export class ReinstateCustomer extends Command<Written> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly note: string,
  ) {
    super();
  }
}

@CommandHandler(ReinstateCustomer)
export class ReinstateCustomerHandler implements ICommandHandler<ReinstateCustomer> {
  constructor(@Inject(CustomerStream) private readonly customers: CustomerStream) {}

  execute({ origin, customerId, note }: ReinstateCustomer): Promise<Written> {
    return this.customers.carryOut(origin, customerId, { type: 'ReinstateCustomer', note });
  }
}
