import { Module } from '@nestjs/common';
import { GetBalanceHandler } from './get-balance';

/** What can be asked of wallets. */
@Module({ providers: [GetBalanceHandler] })
export class WalletQueriesModule {}
