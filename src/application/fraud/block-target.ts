import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '../../domain/shared/domain-error';
import type { BlockKind } from '../../domain/fraud/events';
import { parsePhone } from '../../domain/message/phone';
import { NUMBERING_PLAN, type NumberingPlan } from '../ports/numbering-plan';
import { SUBJECT_VAULT, type SubjectVault } from '../ports/subject-vault';

/** What a person names when placing or lifting a block. */
export type BlockTarget =
  | { readonly kind: 'recipient'; readonly customerId: string; readonly phone: string }
  /** Digits without `+`, of 3 to 15. */
  | { readonly kind: 'prefix'; readonly digits: string }
  | { readonly kind: 'customer'; readonly customerId: string };

/** The subject of a block's stream: never a phone number, which must not stand in a stream's name. */
@Injectable()
export class BlockTargets {
  constructor(
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    @Inject(NUMBERING_PLAN) private readonly plan: NumberingPlan,
  ) {}

  /** @throws DomainError validation_failed */
  async subjectOf(
    target: BlockTarget,
  ): Promise<{ readonly subject: string; readonly kind: BlockKind; readonly customerId: string | null }> {
    switch (target.kind) {
      case 'recipient': {
        const { e164 } = parsePhone(target.phone, this.plan.foreign);
        const { subjectId } = await this.vault.subjectFor(target.customerId, e164);
        return { subject: subjectId, kind: 'recipient', customerId: target.customerId };
      }
      case 'prefix': {
        if (!/^[1-9]\d{2,14}$/.test(target.digits)) {
          const message = 'must be 3 to 15 digits with the country code, without +';
          throw new DomainError('validation_failed', `prefix ${message}`, [{ field: 'prefix', message }]);
        }
        return { subject: `prefix-${target.digits}`, kind: 'prefix', customerId: null };
      }
      case 'customer':
        return { subject: target.customerId, kind: 'customer', customerId: target.customerId };
    }
  }
}
