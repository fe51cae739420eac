import { Module } from '@nestjs/common';
import { AssignInboundNumberHandler } from './assign-inbound-number';
import { DiscardParkedTextHandler } from './discard-parked-text';
import { InboundStream } from './inbound-stream';
import { ReleaseInboundNumberHandler } from './release-inbound-number';

/** Numbers that people write to, and what came while they were nobody's. */
@Module({
  providers: [InboundStream, AssignInboundNumberHandler, ReleaseInboundNumberHandler, DiscardParkedTextHandler],
})
export class InboundModule {}
