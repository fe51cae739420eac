import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** Used where a request names no sender. It must be approved somewhere. @throws DomainError not_found, conflict */
export class ChooseDefaultSender extends Command<Written> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly sender: string,
  ) {
    super();
  }
}

@CommandHandler(ChooseDefaultSender)
export class ChooseDefaultSenderHandler implements ICommandHandler<ChooseDefaultSender> {
  constructor(@Inject(CustomerStream) private readonly customers: CustomerStream) {}

  execute({ origin, customerId, sender }: ChooseDefaultSender): Promise<Written> {
    return this.customers.carryOut(origin, customerId, { type: 'ChooseDefaultSender', sender });
  }
}
