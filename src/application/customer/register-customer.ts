import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { money, UNITS_PER_KES } from '../../domain/shared/money';
import { CLOCK, type Clock } from '../ports/clock';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { WALLETS, type CommandContext, type Wallets } from '../ports/wallets';
import { requestContext, type Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** Every customer's test wallet starts with KES 1 000 000, apart from all live money. */
const TEST_MONEY = money(1_000_000n * UNITS_PER_KES);

/** A customer with an empty live wallet and a funded test wallet. Harmless when repeated. @throws DomainError conflict, validation_failed */
export class RegisterCustomer extends Command<Written & { readonly customerId: string }> {
  constructor(
    readonly origin: Origin,
    /** Null: a new one. */
    readonly customerId: string | null,
    readonly name: string,
  ) {
    super();
  }
}

@CommandHandler(RegisterCustomer)
export class RegisterCustomerHandler implements ICommandHandler<RegisterCustomer> {
  constructor(
    @Inject(CustomerStream) private readonly customers: CustomerStream,
    @Inject(WALLETS) private readonly wallets: Wallets,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async execute({ origin, customerId: known, name }: RegisterCustomer) {
    const customerId = known ?? this.ids.next('cus');
    const context = (): CommandContext => requestContext(this.ids, this.clock, { ...origin, customerId });
    const test = { customerId, mode: 'test' } as const;
    // The wallets first: a wallet without a customer harms nobody, a customer without a wallet cannot be served.
    await this.wallets.open({ customerId, mode: 'live' }, context());
    await this.wallets.open(test, context());
    await this.wallets.credit(test, context(), {
      creditId: 'opening',
      amount: TEST_MONEY,
      source: 'opening',
      note: null,
    });
    const written = await this.customers.carryOut(origin, customerId, { type: 'RegisterCustomer', customerId, name });
    return { ...written, customerId };
  }
}
