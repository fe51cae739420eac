import { randomInt } from 'node:crypto';
import type { PDU } from 'smpp';
import type { SmppAccount } from '../../../application/ports/configuration';
import type { ReportReading } from '../../../application/ports/delivery-reports';
import type { InboundKind, InboundReading } from '../../../application/ports/inbound-texts';
import type { SmsSubmission, SubmissionOutcome } from '../../../application/ports/sms-gateway';
import type { Tier } from '../../../domain/routing/tiers';
import { refused } from '../answers';
import { BUSY, NO_CONNECTION } from '../meaning';
import type { ProviderAccount, ReportDesk, Surroundings } from '../provider-account';
import { codeOf, OTHER_REFUSAL, REFUSED, ROK } from './codes';
import { SmppLink, type Submitted } from './link';
import { canonicalId, keepDelivery, readReceipt } from './receipt';
import { isText, keepText, readText } from './text';
import { writeSubmission } from './submission';

/** Pause before a part is tried again after the first ones were taken. */
const PART_PAUSE_MS = 300;

/** What the centre said of one part: the id that it gave, or what that means for the message. */
type PartOutcome = { readonly id: string } | SubmissionOutcome;

/**
 * An account at a message centre, SMPP 3.4, bound as a transceiver. Each part of a long message is a submission with an id
 * and a receipt of its own. Parts go one after the other: a message whose first part is refused costs nothing, and one that
 * lacks a part is no copy that a phone would show, so the refusal of a later part is that of the message.
 */
export class SmppGateway implements ProviderAccount {
  readonly adapter = 'smpp';
  readonly name: string;
  readonly tier: Tier;
  readonly simulated: boolean;
  readonly deadlineMs: number;
  private readonly link: SmppLink;
  private desk: ReportDesk | null = null;
  private reference = randomInt(256);

  constructor(
    private readonly account: SmppAccount,
    { deadlineMs }: Pick<Surroundings, 'deadlineMs'>,
  ) {
    this.name = account.name;
    this.tier = account.tier;
    this.simulated = account.simulated;
    this.deadlineMs = deadlineMs;
    this.link = new SmppLink(account, deadlineMs, (pdu) => this.deliver(pdu));
  }

  open(desk: ReportDesk): void {
    this.desk = desk;
    this.link.open();
  }

  async submit(submission: SmsSubmission): Promise<SubmissionOutcome> {
    const untilMs = performance.now() + this.deadlineMs;
    this.reference = (this.reference + 1) & 0xff;
    const ids: string[] = [];
    for (const fields of writeSubmission(submission, this.reference)) {
      const outcome = await this.submitPart(fields, untilMs, ids.length > 0);
      if (!('id' in outcome)) return outcome;
      ids.push(outcome.id);
    }
    const whole = ids.at(-1) ?? '';
    if (ids.length > 1) await this.desk?.join(this.name, whole, ids);
    return { kind: 'accepted', providerMessageId: whole, providerCost: null };
  }

  /** Receipts do not come over HTTP. */
  admit(): null {
    return null;
  }

  readReport(raw: Buffer): ReportReading | null {
    return readReceipt(raw, this.account.receiptIds);
  }

  /** Nor do texts. */
  admitInbound(): null {
    return null;
  }

  readInbound(kind: InboundKind, raw: Buffer): InboundReading | null {
    return kind === 'text' ? readText(raw) : null;
  }

  close(): Promise<void> {
    return this.link.close();
  }

  /** Where earlier parts were taken, a temporary refusal of this one is waited out. */
  private async submitPart(fields: Record<string, unknown>, untilMs: number, patiently: boolean): Promise<PartOutcome> {
    for (;;) {
      const outcome = outcomeOf(await this.link.submit(fields, untilMs));
      const temporary = 'kind' in outcome && outcome.kind === 'refused' && outcome.class === 'R';
      if (!temporary || !patiently || performance.now() + PART_PAUSE_MS >= untilMs) return outcome;
      await new Promise((resolve) => setTimeout(resolve, PART_PAUSE_MS));
    }
  }

  private async deliver(pdu: PDU): Promise<void> {
    if (this.desk === null) throw new Error('nobody keeps reports yet');
    if (isText(pdu)) await this.desk.keepText(this.name, keepText(pdu));
    else await this.desk.keep(this.name, keepDelivery(pdu));
  }
}

function outcomeOf(submitted: Submitted): PartOutcome {
  switch (submitted.kind) {
    case 'no_answer':
      return { kind: 'unknown', code: submitted.code };
    case 'not_sent':
      return refused(NO_CONNECTION, submitted.code, false);
    case 'busy':
      return refused(BUSY, submitted.code, false, submitted.retryAfterSeconds);
    case 'bind_refused':
      return refused(REFUSED.get(submitted.status) ?? NO_CONNECTION, codeOf(submitted.status), true);
    case 'answer': {
      const { pdu } = submitted;
      if (pdu.command_status !== ROK) {
        return refused(REFUSED.get(pdu.command_status) ?? OTHER_REFUSAL, codeOf(pdu.command_status), true);
      }
      const id = pdu['message_id'];
      // Taken, but no receipt could ever be told apart by its id: it is settled by number and time instead.
      return typeof id === 'string' && canonicalId(id) !== ''
        ? { id: canonicalId(id) }
        : { kind: 'unknown', code: 'accepted_without_id' };
    }
  }
}
