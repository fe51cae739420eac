import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { priceListDecider } from '../../domain/customer/price-list-decider';
import type { Tier } from '../../domain/routing/tiers';
import type { Money } from '../../domain/shared/money';
import { streams } from '../../domain/shared/streams';
import { CLOCK, type Clock } from '../ports/clock';
import { EVENT_STORE, type EventStore } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { requestContext, type Origin } from '../shared/metadata';
import { runDecider } from '../shared/run-decider';
import type { Written } from './customer-stream';

/** A new price list, or the next version of one. The same prices and name again change nothing. @throws DomainError validation_failed */
export class PublishPriceList extends Command<Written & { readonly priceListId: string }> {
  constructor(
    readonly origin: Origin,
    /** Null: a new one. */
    readonly priceListId: string | null,
    readonly name: string,
    readonly perSegment: { readonly [tier in Tier]: Money },
    /** By MCC and MNC: what differs for numbers of that network. */
    readonly networks: ReadonlyMap<string, { readonly [tier in Tier]?: Money }> = new Map(),
  ) {
    super();
  }
}

@CommandHandler(PublishPriceList)
export class PublishPriceListHandler implements ICommandHandler<PublishPriceList> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async execute({ origin, priceListId: known, name, perSegment, networks }: PublishPriceList) {
    const priceListId = known ?? this.ids.next('prl');
    const stream = streams.priceList(priceListId);
    const { revision } = await runDecider(this.store, this.ids, {
      decider: priceListDecider,
      stream,
      command: { type: 'PublishPriceList', priceListId, name, perSegment, networks },
      context: requestContext(this.ids, this.clock, origin),
    });
    return { stream, revision, priceListId };
  }
}
