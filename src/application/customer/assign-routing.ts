import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Tier } from '../../domain/routing/tiers';
import type { Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** The tiers that carry this customer’s messages, in the order in which they are tried. @throws DomainError not_found, validation_failed */
export class AssignRouting extends Command<Written> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly tiers: readonly Tier[],
  ) {
    super();
  }
}

@CommandHandler(AssignRouting)
export class AssignRoutingHandler implements ICommandHandler<AssignRouting> {
  constructor(@Inject(CustomerStream) private readonly customers: CustomerStream) {}

  execute({ origin, customerId, tiers }: AssignRouting): Promise<Written> {
    return this.customers.carryOut(origin, customerId, { type: 'AssignRouting', tiers });
  }
}
