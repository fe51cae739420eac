import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DomainError } from '../../domain/shared/domain-error';
import { PARKED_TEXTS, type ParkedTexts } from '../ports/parked-texts';
import type { Origin } from '../shared/metadata';
import { InboundStream } from './inbound-stream';

/** Does away with a text that is nobody's; the note, which stays in the log, says why. @throws DomainError not_found, validation_failed */
export class DiscardParkedText extends Command<void> {
  constructor(
    readonly origin: Origin,
    readonly textId: string,
    readonly note: string,
  ) {
    super();
  }
}

@CommandHandler(DiscardParkedText)
export class DiscardParkedTextHandler implements ICommandHandler<DiscardParkedText> {
  constructor(
    @Inject(PARKED_TEXTS) private readonly parked: ParkedTexts,
    @Inject(InboundStream) private readonly numbers: InboundStream,
  ) {}

  async execute({ origin, textId, note }: DiscardParkedText): Promise<void> {
    const text = await this.parked.find(textId);
    if (text === null) throw new DomainError('not_found', 'There is no parked text with this id.');
    // First the event: broken off here, the text is still there to be discarded again.
    await this.numbers.carryOut(origin, { type: 'DiscardParkedText', number: text.number, textId, note });
    await this.parked.discarded(textId);
  }
}
