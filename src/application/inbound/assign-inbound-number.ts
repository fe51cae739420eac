import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { addressOf } from '../../domain/inbound/address';
import { DomainError } from '../../domain/shared/domain-error';
import type { Mode } from '../../domain/shared/event';
import { CUSTOMER_DIRECTORY, type CustomerDirectory } from '../ports/customer-directory';
import type { Origin } from '../shared/metadata';
import { InboundStream } from './inbound-stream';

/** A number or a keyword for a customer; again, with other senders or another mode, it changes them. */
export interface NumberWish {
  readonly number: string;
  /** Null: the whole number. */
  readonly keyword: string | null;
  readonly customerId: string;
  readonly mode: Mode;
  /** Meant by a STOP; empty: all of the customer's. */
  readonly senders: readonly string[];
}

/** @throws DomainError not_found, conflict, validation_failed */
export class AssignInboundNumber extends Command<{ readonly number: string; readonly changed: boolean }> {
  constructor(
    readonly origin: Origin,
    readonly wish: NumberWish,
  ) {
    super();
  }
}

@CommandHandler(AssignInboundNumber)
export class AssignInboundNumberHandler implements ICommandHandler<AssignInboundNumber> {
  constructor(
    @Inject(CUSTOMER_DIRECTORY) private readonly customers: CustomerDirectory,
    @Inject(InboundStream) private readonly numbers: InboundStream,
  ) {}

  async execute({ origin, wish }: AssignInboundNumber) {
    const { customerId, senders } = wish;
    const customer = this.customers.customer(customerId);
    if (customer === null) throw new DomainError('not_found', `There is no customer ${customerId}.`);
    const unknown = senders.find((sender) => !customer.senders.has(sender));
    if (unknown !== undefined) throw new DomainError('not_found', `This customer has no sender ID ${unknown}.`);
    const number = addressOf(wish.number) ?? wish.number;
    const command = { type: 'AssignInboundNumber', ...wish, number } as const;
    return { number, changed: await this.numbers.carryOut({ ...origin, customerId }, command) };
  }
}
