import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { OptOutSource } from '../../domain/opt-out/events';
import { DomainError } from '../../domain/shared/domain-error';
import type { Mode } from '../../domain/shared/event';
import { NO_SUCH_OPT_OUT } from '../ports/opt-out-reads';
import type { Origin } from '../shared/metadata';
import { NotYours } from '../shared/not-yours';
import { OptOutStream, type OptOutChange } from './opt-out-stream';

/** As RecordOptIn, by the id of the opt-out. @throws DomainError not_found where none stands; NotYours; StoreUnavailable */
export class WithdrawOptOut extends Command<OptOutChange> {
  constructor(
    readonly origin: Origin,
    readonly owner: { readonly customerId: string; readonly mode: Mode },
    readonly optOutId: string,
    readonly source: OptOutSource,
  ) {
    super();
  }
}

@CommandHandler(WithdrawOptOut)
export class WithdrawOptOutHandler implements ICommandHandler<WithdrawOptOut> {
  constructor(@Inject(OptOutStream) private readonly optOuts: OptOutStream) {}

  async execute({ origin, owner, optOutId, source }: WithdrawOptOut): Promise<OptOutChange> {
    const known = await this.optOuts.read(optOutId);
    if (known.state.kind !== 'opted_out') throw new DomainError('not_found', NO_SUCH_OPT_OUT);
    const { customerId, mode } = known.state.optOut;
    if (customerId !== owner.customerId) throw new NotYours(NO_SUCH_OPT_OUT, optOutId, 'other_customer');
    if (mode !== owner.mode) throw new NotYours(NO_SUCH_OPT_OUT, optOutId, 'other_mode');
    return this.optOuts.carryOut({ ...origin, customerId }, optOutId, { type: 'OptIn', optOutId, source }, known);
  }
}
