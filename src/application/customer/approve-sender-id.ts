import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Tier } from '../../domain/routing/tiers';
import type { Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** The sender is registered with the provider of this tier. @throws DomainError not_found */
export class ApproveSenderId extends Command<Written> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly sender: string,
    readonly tier: Tier,
  ) {
    super();
  }
}

@CommandHandler(ApproveSenderId)
export class ApproveSenderIdHandler implements ICommandHandler<ApproveSenderId> {
  constructor(@Inject(CustomerStream) private readonly customers: CustomerStream) {}

  execute({ origin, customerId, sender, tier }: ApproveSenderId): Promise<Written> {
    return this.customers.carryOut(origin, customerId, { type: 'ApproveSenderId', sender, tier });
  }
}
