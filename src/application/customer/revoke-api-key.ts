import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** The key opens nothing any more, in all processes within milliseconds. @throws DomainError not_found */
export class RevokeApiKey extends Command<Written> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly keyId: string,
  ) {
    super();
  }
}

@CommandHandler(RevokeApiKey)
export class RevokeApiKeyHandler implements ICommandHandler<RevokeApiKey> {
  constructor(@Inject(CustomerStream) private readonly customers: CustomerStream) {}

  execute({ origin, customerId, keyId }: RevokeApiKey): Promise<Written> {
    return this.customers.carryOut(origin, customerId, { type: 'RevokeApiKey', keyId });
  }
}
