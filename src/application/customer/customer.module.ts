import { Module } from '@nestjs/common';
import { ApproveSenderIdHandler } from './approve-sender-id';
import { AssignPriceListHandler } from './assign-price-list';
import { AssignRoutingHandler } from './assign-routing';
import { ChangeLimitsHandler } from './change-limits';
import { ChooseDefaultSenderHandler } from './choose-default-sender';
import { CustomerStream } from './customer-stream';
import { IssueApiKeyHandler } from './issue-api-key';
import { PublishPriceListHandler } from './publish-price-list';
import { RegisterCustomerHandler } from './register-customer';
import { ReinstateCustomerHandler } from './reinstate-customer';
import { RejectSenderIdHandler } from './reject-sender-id';
import { RequestSenderIdHandler } from './request-sender-id';
import { RevokeApiKeyHandler } from './revoke-api-key';
import { SuspendCustomerHandler } from './suspend-customer';

/** Customers, their keys, senders, prices and limits: commands only, what is known of them is read from the directory. */
@Module({
  providers: [
    CustomerStream,
    ApproveSenderIdHandler,
    AssignPriceListHandler,
    AssignRoutingHandler,
    ChangeLimitsHandler,
    ChooseDefaultSenderHandler,
    IssueApiKeyHandler,
    PublishPriceListHandler,
    RegisterCustomerHandler,
    ReinstateCustomerHandler,
    RejectSenderIdHandler,
    RequestSenderIdHandler,
    RevokeApiKeyHandler,
    SuspendCustomerHandler,
  ],
})
export class CustomerModule {}
