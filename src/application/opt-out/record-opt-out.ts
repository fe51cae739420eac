import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DomainError } from '../../domain/shared/domain-error';
import { CUSTOMER_DIRECTORY, type CustomerDirectory } from '../ports/customer-directory';
import type { Origin } from '../shared/metadata';
import { OptOutStream, type OptOutChange, type OptOutTarget } from './opt-out-stream';

/**
 * No promotion from this sender reaches the recipient any more, from within a second of its record on. Said again, it
 * changes nothing. @throws DomainError validation_failed on `phone`; sender_id_not_registered where a person names a sender that
 * the customer does not have; StoreUnavailable
 */
export class RecordOptOut extends Command<OptOutChange> {
  constructor(
    readonly origin: Origin,
    readonly target: OptOutTarget,
  ) {
    super();
  }
}

@CommandHandler(RecordOptOut)
export class RecordOptOutHandler implements ICommandHandler<RecordOptOut> {
  constructor(
    @Inject(OptOutStream) private readonly optOuts: OptOutStream,
    @Inject(CUSTOMER_DIRECTORY) private readonly directory: CustomerDirectory,
  ) {}

  async execute({ origin, target }: RecordOptOut): Promise<OptOutChange> {
    this.checkSender(target);
    return this.optOuts.optOut({ ...origin, customerId: target.customerId }, target);
  }

  /** A slip of the pen would protect nobody. What recipients and providers say is kept, whatever it names. */
  private checkSender({ customerId, sender, source }: OptOutTarget): void {
    const isWritten = source === 'api' || source === 'operator';
    if (sender === null || !isWritten || this.directory.customer(customerId)?.senders.has(sender)) return;
    throw new DomainError('sender_id_not_registered', 'This account has no such sender ID.', [
      { field: 'sender_id', message: 'is not registered for this account' },
    ]);
  }
}
