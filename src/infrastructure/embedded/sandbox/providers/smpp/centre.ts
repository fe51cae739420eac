import type { ProviderConfig } from '../../config';
import { fateOf, planDelivery, TemporaryRefusals } from '../../engine/fates';
import type { AcceptedMessage, Handsets } from '../../engine/handsets';
import type { FaultSettings } from '../../faults/settings';
import * as wire from './wire';

/** Unfinished messages whose parts are kept; the oldest goes first. */
const UNFINISHED_KEPT = 5_000;

/** What became of one submission. `answered` false: it was taken and the caller is left waiting. */
export type Taken = { readonly status: number } | { readonly messageId: string; readonly answered: boolean };

/** What a message centre decides, apart from how it is spoken to. */
export class MessageCentre {
  private readonly temporary = new TemporaryRefusals();
  private readonly unfinished = new Map<string, string[]>();
  /** Counts on from the clock, so that an id given before a restart is not given again. */
  private lastId = Date.now() * 1_000;

  constructor(
    private readonly config: ProviderConfig,
    private readonly handsets: Handsets,
  ) {}

  /** Resolves when what was taken survives this process. A text of several parts reaches the handset with its last one. */
  async submit(submission: wire.Submission, settings: FaultSettings): Promise<Taken> {
    const status = this.refusal(submission);
    if (status !== null) return { status };
    const messageId = this.nextId();
    const { report } = settings;
    const { to, from } = submission;
    const plan = planDelivery(fateOf(to, this.config.tier), report);
    const whole = this.assemble(submission);
    const reported = {
      submission,
      radix: report.id_radix,
      messageId: report.unknown_id ? this.nextId() : messageId,
    };
    const message: AcceptedMessage = {
      provider: this.config,
      to,
      from,
      body: whole ?? submission.text,
      providerMessageId: messageId,
      plan: { ...plan, received: plan.received && whole !== null },
      writeReport: submission.wantsReport ? (meaning) => wire.writeReceipt(reported, meaning) : null,
    };
    await this.handsets.accept([message]);
    return { messageId, answered: plan.answered };
  }

  private refusal({ to, text }: wire.Submission): number | null {
    const { refusal } = fateOf(to, this.config.tier);
    if (refusal === null) return null;
    if (refusal === 'temporary' && !this.temporary.refuses(this.config.name, to, text, Date.now())) return null;
    return wire.REFUSAL_STATUSES[refusal];
  }

  /** The whole text with its last missing part; null before that. */
  private assemble({ to, from, text, part }: wire.Submission): string | null {
    if (part === null) return text;
    const key = `${from}\n${to}\n${part.reference}\n${part.total}`;
    const parts = this.unfinished.get(key) ?? [];
    this.unfinished.delete(key);
    parts[part.number - 1] = text;
    if (Object.keys(parts).length === part.total) return parts.join('');
    this.unfinished.set(key, parts);
    const oldest = this.unfinished.size > UNFINISHED_KEPT ? this.unfinished.keys().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) this.unfinished.delete(oldest.value);
    return null;
  }

  private nextId(): string {
    this.lastId += 1;
    return String(this.lastId);
  }
}
