import { Global, Module } from '@nestjs/common';
import { WALLET_READS } from '../../application/ports/wallet-reads';
import { DATABASE, type Database } from '../postgres/database';
import { ProjectedWalletReads } from './projected-wallet-reads';

/** Balances from the read model. */
@Global()
@Module({
  providers: [
    {
      provide: WALLET_READS,
      inject: [DATABASE],
      useFactory: (database: Database) => new ProjectedWalletReads(database),
    },
  ],
  exports: [WALLET_READS],
})
export class WalletReadsModule {}
