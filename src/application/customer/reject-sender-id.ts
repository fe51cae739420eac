import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Tier } from '../../domain/routing/tiers';
import type { Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** The provider of this tier does not carry the sender; an approval there is withdrawn. @throws DomainError not_found, validation_failed */
export class RejectSenderId extends Command<Written> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly sender: string,
    readonly tier: Tier,
    readonly reason: string,
  ) {
    super();
  }
}

@CommandHandler(RejectSenderId)
export class RejectSenderIdHandler implements ICommandHandler<RejectSenderId> {
  constructor(@Inject(CustomerStream) private readonly customers: CustomerStream) {}

  execute({ origin, customerId, sender, tier, reason }: RejectSenderId): Promise<Written> {
    return this.customers.carryOut(origin, customerId, { type: 'RejectSenderId', sender, tier, reason });
  }
}
