import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { addressOf } from '../../domain/inbound/address';
import type { Origin } from '../shared/metadata';
import { InboundStream } from './inbound-stream';

/** A number or a keyword is nobody's from now on. @throws DomainError not_found, validation_failed */
export class ReleaseInboundNumber extends Command<{ readonly number: string; readonly changed: boolean }> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly number: string,
    readonly keyword: string | null,
  ) {
    super();
  }
}

@CommandHandler(ReleaseInboundNumber)
export class ReleaseInboundNumberHandler implements ICommandHandler<ReleaseInboundNumber> {
  constructor(@Inject(InboundStream) private readonly numbers: InboundStream) {}

  async execute({ origin, customerId, number: given, keyword }: ReleaseInboundNumber) {
    const number = addressOf(given) ?? given;
    const command = { type: 'ReleaseInboundNumber', number, keyword, customerId } as const;
    return { number, changed: await this.numbers.carryOut({ ...origin, customerId }, command) };
  }
}
