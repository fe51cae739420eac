import { Module } from '@nestjs/common';
import { GetBalanceHandler } from './get-balance';
import { WalletHistory } from './wallet-history';

/** What can be asked of wallets. */
@Module({ providers: [GetBalanceHandler, WalletHistory] })
export class WalletQueriesModule {}
