import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Caller } from './message-request';
import { OwnMessages } from './own-messages';

/** Take a message back before it is tried. @throws DomainError not_found, conflict; StoreUnavailable */
export class CancelMessage extends Command<void> {
  constructor(
    readonly caller: Caller,
    readonly messageId: string,
  ) {
    super();
  }
}

@CommandHandler(CancelMessage)
export class CancelMessageHandler implements ICommandHandler<CancelMessage> {
  constructor(@Inject(OwnMessages) private readonly messages: OwnMessages) {}

  execute({ caller, messageId }: CancelMessage): Promise<void> {
    return this.messages.run(caller, messageId, { type: 'CancelMessage' });
  }
}
