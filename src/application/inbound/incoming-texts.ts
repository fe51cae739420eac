import { Inject, Injectable } from '@nestjs/common';
import { addressOf } from '../../domain/inbound/address';
import { inboundDecider } from '../../domain/inbound/decider';
import { meaningOf, type Assignment } from '../../domain/inbound/state';
import { messageDecider } from '../../domain/message/decider';
import { segmentsOf } from '../../domain/message/segments';
import { TIERS } from '../../domain/routing/tiers';
import type { Mode } from '../../domain/shared/event';
import { streams } from '../../domain/shared/streams';
import { CLOCK, type Clock } from '../ports/clock';
import { EVENT_STORE, type EventStore } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import {
  INBOUND_READERS,
  type InboundReaders,
  type InboxText,
  type TextReading,
  type TextVerdict,
} from '../ports/inbound-texts';
import { LOGGER, type Logger } from '../ports/logger';
import { METRICS, type Metrics } from '../ports/metrics';
import { SMS_GATEWAYS, type SmsGateway, type SmsGateways } from '../ports/sms-gateway';
import { SUBJECT_VAULT, type SubjectVault } from '../ports/subject-vault';
import { readOn, runDecider } from '../shared/run-decider';
import { messageIdOf } from './message-id';
import { OptOutsByText } from './opt-outs-by-text';
import { WholeTexts } from './whole-texts';

const MODES: readonly Mode[] = ['live', 'test'];
/** Its account may be configured again. */
const PAUSE_WITHOUT_ACCOUNT_MS = 60_000;

/** Makes messages of what people write. The same text again is the same message; what is nobody's is parked. */
@Injectable()
export class IncomingTexts {
  constructor(
    @Inject(INBOUND_READERS) private readonly readers: InboundReaders,
    @Inject(SMS_GATEWAYS) private readonly gateways: SmsGateways,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly wholeTexts: WholeTexts,
    private readonly optOuts: OptOutsByText,
  ) {}

  async onText(text: InboxText): Promise<TextVerdict> {
    const verdict = await this.judge(text);
    if (verdict.kind === 'settled') this.metrics.inbound(text.provider, verdict.outcome);
    if (verdict.kind === 'parked') {
      this.metrics.inbound(text.provider, 'parked');
      this.logger.warn(
        { provider: text.provider, number: verdict.number },
        'a text to a number that is nobody’s is parked',
      );
    }
    return verdict;
  }

  private async judge(text: InboxText): Promise<TextVerdict> {
    const account = this.gateways.byName(text.provider);
    if (account === null) return { kind: 'later', pauseMs: PAUSE_WITHOUT_ACCOUNT_MS };
    const reading = this.readers.readInbound(text.provider, text.kind, text.raw);
    if (reading === null) return { kind: 'settled', outcome: 'unreadable', ids: [text.id] };
    if (reading.kind === 'opt_out') {
      const isKnown = await this.optOuts.byProvider(text, reading, account, this.modesOf(account));
      return { kind: 'settled', outcome: isKnown ? 'opted_out' : 'stray', ids: [text.id] };
    }
    const whole = await this.wholeTexts.of(text, reading);
    if ('kind' in whole) return whole;
    const number = addressOf(whole.reading.to);
    if (number === null) return { kind: 'settled', outcome: 'unreadable', ids: whole.ids };
    const initial = { state: inboundDecider.initialState, revision: 'no_stream' } as const;
    const { state } = await readOn(this.store, inboundDecider, streams.inbound(number), initial);
    const isStop = this.optOuts.isStop(whole.reading);
    const { owner, stops } = meaningOf(state, whole.reading.text, this.modesOf(account), isStop);
    await this.optOuts.byText(whole.first, whole.reading, stops);
    if (owner === null) return { kind: 'parked', number, ids: whole.ids };
    const isNew = await this.receive(whole.first, whole.reading, { owner, number, account });
    return { kind: 'settled', outcome: isNew ? 'received' : 'duplicate', ids: whole.ids };
  }

  /** @returns false where it is a message already. */
  private async receive(
    { id, provider, receivedAt }: InboxText,
    { from, text, providerTextId }: TextReading,
    { owner, number, account }: { owner: Assignment; number: string; account: SmsGateway },
  ): Promise<boolean> {
    const { customerId, mode, keyword } = owner;
    const messageId = messageIdOf(id);
    const { subjectId } = await this.vault.subjectFor(customerId, from);
    const { encoding, segments } = segmentsOf(text);
    const { events } = await runDecider(this.store, this.ids, {
      decider: messageDecider,
      stream: streams.message(messageId),
      command: {
        type: 'ReceiveMessage',
        data: {
          messageId,
          customerId,
          mode,
          channel: 'sms',
          subjectId,
          to: number,
          keyword,
          encoding,
          segments,
          from: this.vault.seal(subjectId, from),
          body: this.vault.seal(subjectId, text),
          tier: account.tier,
          provider,
          providerMessageId: providerTextId,
          receivedAt,
        },
      },
      context: {
        commandId: this.ids.derived(id, 'receive'),
        metadata: {
          correlationId: id,
          causationId: id,
          customerId,
          actor: { kind: 'provider', id: provider },
          at: this.clock.iso(),
        },
      },
    });
    return events.length > 0;
  }

  /** The modes whose messages this account carries. */
  private modesOf({ name }: SmsGateway): ReadonlySet<Mode> {
    return new Set(MODES.filter((mode) => TIERS.some((tier) => this.gateways.forTier(mode, tier)?.name === name)));
  }
}
