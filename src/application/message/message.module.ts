import { Module } from '@nestjs/common';
import { Acceptance } from './acceptance';
import { DuplicateGate } from './duplicate-gate';
import { EarlierAcceptance } from './earlier-acceptance';
import { CancelMessageHandler } from './cancel-message';
import { GetMessageHandler } from './get-message';
import { GetTimelineHandler } from './get-timeline';
import { GetWhyHandler } from './get-why';
import { ListMessagesHandler } from './list-messages';
import { MessageDrafts } from './message-draft';
import { OwnMessages } from './own-messages';
import { Offers } from './offers';
import { QuoteMessageHandler } from './quote-message';
import { RescheduleMessageHandler } from './reschedule-message';
import { SendMessageHandler, Sending } from './send-message';
import { Vetting } from './vetting';

/** Accepting messages, and reading them. */
@Module({
  providers: [
    SendMessageHandler,
    QuoteMessageHandler,
    CancelMessageHandler,
    RescheduleMessageHandler,
    OwnMessages,
    MessageDrafts,
    Sending,
    DuplicateGate,
    Vetting,
    Offers,
    Acceptance,
    EarlierAcceptance,
    GetMessageHandler,
    GetTimelineHandler,
    GetWhyHandler,
    ListMessagesHandler,
  ],
  exports: [MessageDrafts, Sending, DuplicateGate, EarlierAcceptance],
})
export class MessageModule {}
