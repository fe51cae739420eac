import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** No request of this customer is served any more. The note is mandatory. @throws DomainError not_found, validation_failed */
export class SuspendCustomer extends Command<Written> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly note: string,
  ) {
    super();
  }
}

@CommandHandler(SuspendCustomer)
export class SuspendCustomerHandler implements ICommandHandler<SuspendCustomer> {
  constructor(@Inject(CustomerStream) private readonly customers: CustomerStream) {}

  execute({ origin, customerId, note }: SuspendCustomer): Promise<Written> {
    return this.customers.carryOut(origin, customerId, { type: 'SuspendCustomer', note });
  }
}
