import { Module } from '@nestjs/common';
import { MessageModule } from '../message/message.module';
import { BatchComparison } from './batch-comparison';
import { BatchItems } from './batch-items';
import { BatchLog } from './batch-log';
import { SendBatchHandler } from './send-batch';

/** Many messages in one request. */
@Module({
  imports: [MessageModule],
  providers: [SendBatchHandler, BatchItems, BatchComparison, BatchLog],
})
export class BatchModule {}
