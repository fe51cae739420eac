import { Module } from '@nestjs/common';
import { Acceptance } from './acceptance';
import { DuplicateGate } from './duplicate-gate';
import { EarlierAcceptance } from './earlier-acceptance';
import { GetMessageHandler } from './get-message';
import { GetTimelineHandler } from './get-timeline';
import { ListMessagesHandler } from './list-messages';
import { MessageDrafts } from './message-draft';
import { Offers } from './offers';
import { QuoteMessageHandler } from './quote-message';
import { SendMessageHandler } from './send-message';
import { Vetting } from './vetting';

/** Accepting messages, and reading them. */
@Module({
  providers: [
    SendMessageHandler,
    QuoteMessageHandler,
    MessageDrafts,
    DuplicateGate,
    Vetting,
    Offers,
    Acceptance,
    EarlierAcceptance,
    GetMessageHandler,
    GetTimelineHandler,
    ListMessagesHandler,
  ],
})
export class MessageModule {}
