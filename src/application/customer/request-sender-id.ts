import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { MessageClass } from '../../domain/message/events';
import type { Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** Asks for a sender; it can be used once a provider has approved it. @throws DomainError not_found, conflict, validation_failed */
export class RequestSenderId extends Command<Written> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly sender: string,
    readonly messageClass: MessageClass,
  ) {
    super();
  }
}

@CommandHandler(RequestSenderId)
export class RequestSenderIdHandler implements ICommandHandler<RequestSenderId> {
  constructor(@Inject(CustomerStream) private readonly customers: CustomerStream) {}

  execute({ origin, customerId, sender, messageClass }: RequestSenderId): Promise<Written> {
    return this.customers.carryOut(origin, customerId, { type: 'RequestSenderId', sender, class: messageClass });
  }
}
