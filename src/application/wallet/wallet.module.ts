import { Global, Module } from '@nestjs/common';
import { WALLETS } from '../ports/wallets';
import { GroupCommitWallets } from './group-commit-wallets';
import { ReservationSweeper } from './reservation-sweeper';
import { SweepRunner } from './sweep-runner';
import { WalletWarmUp } from './wallet-warm-up';

/** The wallets, and the sweeper that gives orphaned reservations back. */
@Global()
@Module({
  providers: [
    GroupCommitWallets,
    { provide: WALLETS, useExisting: GroupCommitWallets },
    WalletWarmUp,
    ReservationSweeper,
    SweepRunner,
  ],
  exports: [WALLETS],
})
export class WalletModule {}
