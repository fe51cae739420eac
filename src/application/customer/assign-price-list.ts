import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DomainError } from '../../domain/shared/domain-error';
import { streams } from '../../domain/shared/streams';
import { EVENT_STORE, type EventStore } from '../ports/event-store';
import type { Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** The prices of this customer's next messages. @throws DomainError not_found (customer or price list) */
export class AssignPriceList extends Command<Written> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly priceListId: string,
  ) {
    super();
  }
}

@CommandHandler(AssignPriceList)
export class AssignPriceListHandler implements ICommandHandler<AssignPriceList> {
  constructor(
    @Inject(CustomerStream) private readonly customers: CustomerStream,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  async execute({ origin, customerId, priceListId }: AssignPriceList): Promise<Written> {
    // Asked of the log, since a list published a moment ago may be known nowhere else; a list never goes away.
    const published = await this.store.readStream(streams.priceList(priceListId), 0n, 1);
    if (published.length === 0) throw new DomainError('not_found', 'There is no price list with this id.');
    return this.customers.carryOut(origin, customerId, { type: 'AssignPriceList', priceListId });
  }
}
