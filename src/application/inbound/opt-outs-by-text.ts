import { Inject, Injectable } from '@nestjs/common';
import type { Assignment } from '../../domain/inbound/state';
import { optOutKeyword } from '../../domain/opt-out/keyword';
import type { OptOutSource } from '../../domain/opt-out/events';
import { DomainError } from '../../domain/shared/domain-error';
import type { Mode } from '../../domain/shared/event';
import { OptOutStream } from '../opt-out/opt-out-stream';
import { CUSTOMER_READS, type CustomerReads } from '../ports/customer-reads';
import type { InboxText, OptOutReading, TextReading } from '../ports/inbound-texts';
import type { SmsGateway } from '../ports/sms-gateway';
import { SUBJECT_VAULT, type SubjectVault } from '../ports/subject-vault';

/** Whose messages a person wants no more of. `sender` null: all of the customer's. */
interface Target {
  readonly customerId: string;
  readonly mode: Mode;
  readonly sender: string | null;
}

/** Records who wants no more of whom, from what people write and what providers tell. The same again changes nothing. */
@Injectable()
export class OptOutsByText {
  constructor(
    @Inject(CUSTOMER_READS) private readonly customers: CustomerReads,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    @Inject(OptOutStream) private readonly optOuts: OptOutStream,
  ) {}

  /** Whether a text says so, or a part of it by itself. What the provider took for an opt-out is one as a whole. */
  isStop({ text, isOptOut }: TextReading): (part: string) => boolean {
    return (part) => optOutKeyword(part) !== null || (isOptOut && part === text);
  }

  /**
   * A STOP to a number means the senders that the number was assigned with; without any, all of the customer's. On a shared
   * number, where nobody is named, only customers who know the person are meant.
   */
  async byText(text: InboxText, { from }: TextReading, stops: readonly Assignment[]): Promise<void> {
    const known = stops.length < 2 ? stops : await this.whoKnow(from, stops);
    for (const { customerId, mode, senders } of known) {
      for (const sender of senders.length === 0 ? [null] : senders) {
        await this.record(text, from, { customerId, mode, sender }, 'keyword');
      }
    }
  }

  /** Nobody can answer a sender that is a name, so the provider tells. @returns false: no customer has this sender there. */
  async byProvider(
    text: InboxText,
    { sender, phone }: OptOutReading,
    { tier }: SmsGateway,
    modes: ReadonlySet<Mode>,
  ): Promise<boolean> {
    const owners = this.customers
      .all()
      .filter(({ senders }) => senders.some((one) => one.sender === sender && one.approvedAt.includes(tier)));
    const meant = owners.length < 2 ? owners : await this.whoKnow(phone, owners);
    for (const { customerId } of meant) {
      for (const mode of modes) await this.record(text, phone, { customerId, mode, sender }, 'provider');
    }
    return owners.length > 0;
  }

  private async whoKnow<T extends { readonly customerId: string }>(phone: string, all: readonly T[]): Promise<T[]> {
    const subjects = await Promise.all(all.map(({ customerId }) => this.vault.findSubject(customerId, phone)));
    return all.filter((_, index) => subjects[index] !== null);
  }

  private async record(
    { id, provider }: InboxText,
    phone: string,
    target: Target,
    source: OptOutSource,
  ): Promise<void> {
    const origin = { actor: { kind: 'provider', id: provider }, correlationId: id } as const;
    try {
      await this.optOuts.optOut({ ...origin, customerId: target.customerId }, { ...target, phone, source });
    } catch (error) {
      // What is no number that messages go to needs no opting out.
      if (!(error instanceof DomainError) || error.code !== 'validation_failed') throw error;
    }
  }
}
