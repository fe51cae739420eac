import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Mode } from '../../domain/shared/event';
import type { Money } from '../../domain/shared/money';
import { WALLETS, type Wallets } from '../ports/wallets';

export interface Balance {
  readonly available: Money;
  readonly reserved: Money;
  /** ISO. */
  readonly asOf: string;
}

/** What a customer's wallet of this mode holds, up to date to the call. */
export class GetBalance extends Query<Balance> {
  constructor(
    readonly customerId: string,
    readonly mode: Mode,
  ) {
    super();
  }
}

@QueryHandler(GetBalance)
export class GetBalanceHandler implements IQueryHandler<GetBalance> {
  constructor(@Inject(WALLETS) private readonly wallets: Wallets) {}

  execute({ customerId, mode }: GetBalance): Promise<Balance> {
    return this.wallets.balance({ customerId, mode });
  }
}
