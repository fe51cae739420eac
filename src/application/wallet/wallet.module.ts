import { Global, Module } from '@nestjs/common';
import { WALLETS } from '../ports/wallets';
import { GroupCommitWallets } from './group-commit-wallets';
import { ReservationSweeper } from './reservation-sweeper';
import { SweepRunner } from './sweep-runner';

/** The wallets, and the sweeper that gives orphaned reservations back. */
@Global()
@Module({
  providers: [{ provide: WALLETS, useClass: GroupCommitWallets }, ReservationSweeper, SweepRunner],
  exports: [WALLETS],
})
export class WalletModule {}
