import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Origin } from '../shared/metadata';
import { OptOutStream, type OptOutChange, type OptOutTarget } from './opt-out-stream';

/**
 * No promotion from this sender reaches the recipient any more, from within a second of its record on. Said again, it
 * changes nothing. @throws DomainError validation_failed on `phone`; StoreUnavailable
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
  constructor(@Inject(OptOutStream) private readonly optOuts: OptOutStream) {}

  execute({ origin, target }: RecordOptOut): Promise<OptOutChange> {
    return this.optOuts.optOut({ ...origin, customerId: target.customerId }, target);
  }
}
