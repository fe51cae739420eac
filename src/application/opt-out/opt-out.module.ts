import { Module } from '@nestjs/common';
import { GetOptOutHandler } from './get-opt-out';
import { ListOptOutsHandler } from './list-opt-outs';
import { OptOutStream } from './opt-out-stream';
import { RecordOptInHandler } from './record-opt-in';
import { RecordOptOutHandler } from './record-opt-out';
import { WithdrawOptOutHandler } from './withdraw-opt-out';

/** Recipients who want no promotion. */
@Module({
  providers: [
    OptOutStream,
    RecordOptOutHandler,
    RecordOptInHandler,
    WithdrawOptOutHandler,
    GetOptOutHandler,
    ListOptOutsHandler,
  ],
  exports: [OptOutStream],
})
export class OptOutModule {}
