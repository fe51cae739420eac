import { Global, Module } from '@nestjs/common';
import { TENANT_READS, type TenantReads } from '../../application/ports/tenant-reads';
import { WALLET_READS } from '../../application/ports/wallet-reads';
import { ProjectedWalletReads } from './projected-wallet-reads';

/** Balances from the read model. */
@Global()
@Module({
  providers: [
    {
      provide: WALLET_READS,
      inject: [TENANT_READS],
      useFactory: (tenants: TenantReads) => new ProjectedWalletReads(tenants),
    },
  ],
  exports: [WALLET_READS],
})
export class WalletReadsModule {}
