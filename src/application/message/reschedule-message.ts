import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CLOCK, type Clock } from '../ports/clock';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import type { Caller } from './message-request';
import { OwnMessages } from './own-messages';

/**
 * Another time for a scheduled message. `sendAt`: ISO, UTC.
 * @throws DomainError not_found, conflict, validation_failed; StoreUnavailable
 */
export class RescheduleMessage extends Command<void> {
  constructor(
    readonly caller: Caller,
    readonly messageId: string,
    readonly sendAt: string,
  ) {
    super();
  }
}

@CommandHandler(RescheduleMessage)
export class RescheduleMessageHandler implements ICommandHandler<RescheduleMessage> {
  constructor(
    @Inject(OwnMessages) private readonly messages: OwnMessages,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  execute({ caller, messageId, sendAt }: RescheduleMessage): Promise<void> {
    const data = { now: this.clock.iso(), sendAt, hours: this.configuration.promotion.hours };
    return this.messages.run(caller, messageId, { type: 'RescheduleMessage', data });
  }
}
