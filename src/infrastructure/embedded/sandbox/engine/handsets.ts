import type { ProviderConfig } from '../config';
import { countSegments } from '../segments';
import type { Reply } from '../store/inbox-store';
import type { OutgoingRequest, OwedEntry } from '../store/owed-store';
import type { SandboxStore } from '../store/sandbox-store';
import type { CallbackQueue } from './callback-queue';
import type { DeliveryPlan, ReportMeaning } from './fates';
import type { ChangeFeed } from './change-feed';

/** A message that a provider has taken. */
export interface AcceptedMessage {
  provider: ProviderConfig;
  /** E.164. */
  to: string;
  from: string;
  body: string;
  providerMessageId: string;
  plan: DeliveryPlan;
  /** The contract's wire form of a report about this message; null where nobody wants one. */
  writeReport: ((meaning: ReportMeaning) => OutgoingRequest) | null;
}

/** The application is not waited for longer than this when its report goes before the answer. */
const BEFORE_ANSWER_LIMIT_MS = 2_000;

/** What all contracts share: handsets that receive, reports that are owed, texts that handsets send. */
export class Handsets {
  constructor(
    private readonly store: SandboxStore,
    private readonly queues: ReadonlyMap<string, CallbackQueue>,
    private readonly feed: ChangeFeed,
  ) {}

  /** Resolves when inbox rows and owed reports survive this process, and reports due before the answer were tried. */
  async accept(messages: readonly AcceptedMessage[]): Promise<void> {
    const owed: { entry: OwedEntry; first: boolean }[] = [];
    for (const message of messages) this.put(message, owed);
    await this.store.committed();
    this.feed.changed('inbox');
    const waits: Promise<void>[] = [];
    for (const { entry, first } of owed) {
      const queue = this.queues.get(entry.owed.provider);
      if (first && queue !== undefined) waits.push(queue.firstAttempt(entry));
      queue?.notice([entry]);
    }
    if (waits.length === 0) return;
    await Promise.race([Promise.all(waits), new Promise((resolve) => setTimeout(resolve, BEFORE_ANSWER_LIMIT_MS))]);
  }

  /** A text written on a handset; it goes to `carrier` when there is one, and is only recorded otherwise. */
  async send(text: Pick<Reply, 'from' | 'to' | 'body'>, carrier: InboundCarrier | null): Promise<Reply> {
    const nowMs = Date.now();
    const provider = carrier === null ? null : carrier.provider.name;
    const reply = this.store.inbox.addReply({ ...text, provider, sent_at: new Date(nowMs).toISOString() });
    const [first, ...rest] = carrier?.writeInbound(reply) ?? [];
    const then = rest.map((request) => ({ afterMs: 0, request }));
    const owed = { provider: provider ?? '', dueMs: nowMs, sinceMs: nowMs, tries: 0, then };
    const entry = first === undefined ? null : this.store.owed.add({ ...first, ...owed });
    await this.store.committed();
    this.feed.changed('replies');
    if (entry !== null) this.queues.get(entry.owed.provider)?.notice([entry]);
    return reply;
  }

  private put(message: AcceptedMessage, owed: { entry: OwedEntry; first: boolean }[]): void {
    const { provider, plan, writeReport } = message;
    const nowMs = Date.now();
    if (plan.received) {
      this.store.inbox.add({
        to: message.to,
        from: message.from,
        body: message.body,
        channel: 'sms',
        provider: provider.name,
        tier: provider.tier,
        provider_message_id: message.providerMessageId,
        segments: countSegments(message.body),
        received_at: new Date(nowMs).toISOString(),
      });
    }
    if (writeReport === null) return;
    for (const chain of plan.chains) {
      const [first, ...rest] = chain.steps;
      if (first === undefined) continue;
      const dueMs = nowMs + chain.delayMs;
      const then = rest.map(({ afterMs, meaning }) => ({ afterMs, request: writeReport(meaning) }));
      const request = writeReport(first.meaning);
      const entry = this.store.owed.add({ ...request, provider: provider.name, dueMs, sinceMs: dueMs, tries: 0, then });
      owed.push({ entry, first: plan.beforeAnswer });
    }
  }
}

/** The provider that carries a handset's text to the application, and its wire form of it: one request, or one a part. */
export interface InboundCarrier {
  provider: ProviderConfig;
  writeInbound: (reply: Reply) => readonly OutgoingRequest[];
}
