import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Origin } from '../shared/metadata';
import { OptOutStream, type OptOutChange, type OptOutTarget } from './opt-out-stream';

/**
 * The recipient takes promotion from this sender again. It ends the opt-out from exactly this sender: one from every sender
 * (null) stands until it is ended itself. Null: none was ever recorded.
 * @throws DomainError validation_failed on `phone`; StoreUnavailable
 */
export class RecordOptIn extends Command<OptOutChange | null> {
  constructor(
    readonly origin: Origin,
    readonly target: OptOutTarget,
  ) {
    super();
  }
}

@CommandHandler(RecordOptIn)
export class RecordOptInHandler implements ICommandHandler<RecordOptIn> {
  constructor(@Inject(OptOutStream) private readonly optOuts: OptOutStream) {}

  execute({ origin, target }: RecordOptIn): Promise<OptOutChange | null> {
    return this.optOuts.optIn({ ...origin, customerId: target.customerId }, target);
  }
}
