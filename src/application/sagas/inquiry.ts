import { Inject, Injectable } from '@nestjs/common';
import type { MessageCommand } from '../../domain/message/commands';
import type { MessageOutcomeUnknown } from '../../domain/message/events';
import { isLive, type Attempt, type LiveMessage } from '../../domain/message/state';
import { epochMs } from '../../domain/shared/instants';
import { CLOCK, type Clock } from '../ports/clock';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import type { RecordedEvent } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { PROVIDER_ANSWERS, type ProviderAnswers } from '../ports/provider-answers';
import { SMS_GATEWAYS, type SmsGateway, type SmsGateways, type SubmissionOutcome } from '../ports/sms-gateway';
import { ERASED, SUBJECT_VAULT, type SubjectVault } from '../ports/subject-vault';
import { TIMERS, type Timer, type Timers } from '../ports/timers';
import { MessageCommands } from './message-commands';
import { MessageMemory, type KnownMessage } from './message-memory';
import { RecentDispatches } from './recent-dispatches';
import { keepUnread } from './unread-answers';

/** From the unknown outcome to the first question; each further one waits for as long again as it has taken so far. */
const FIRST_AFTER_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
const ACTOR = { kind: 'system', id: 'dispatcher' } as const;

type Settled = Exclude<SubmissionOutcome, { kind: 'unknown' }>;

/** Asks providers that can be asked what became of a call without an answer, so that nobody has to wait for a report. */
@Injectable()
export class Inquiry {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(SMS_GATEWAYS) private readonly gateways: SmsGateways,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    @Inject(PROVIDER_ANSWERS) private readonly answers: ProviderAnswers,
    @Inject(TIMERS) private readonly timers: Timers,
    private readonly memory: MessageMemory,
    private readonly commands: MessageCommands,
    private readonly recent: RecentDispatches,
  ) {}

  /** After a MessageOutcomeUnknown that is not final. */
  async begin(event: RecordedEvent): Promise<void> {
    const { messageId, attempt, provider } = event.data as MessageOutcomeUnknown['data'];
    if (this.gateways.byName(provider)?.settle === undefined) return;
    const message = await this.memory.after(event);
    // The event may come a second time, when its question has long been answered.
    if (message === null || !isLive(message.state) || openQuestion(message.state, attempt) === null) return;
    await this.askLater({ messageId, attempt }, FIRST_AFTER_MS, false);
  }

  async ask({ messageId, attempt: number }: Timer): Promise<void> {
    const message = await this.memory.read(messageId);
    if (message === null || !isLive(message.state)) return;
    const { state } = message;
    const attempt = openQuestion(state, number);
    const gateway = attempt === null ? null : this.gateways.byName(attempt.provider);
    // A question may be the message once more: past its validity it would come too late.
    const nowMs = this.clock.now();
    if (attempt === null || gateway === null || nowMs >= epochMs(state.order.validUntil)) return;
    const outcome = await this.settled(gateway, state, attempt);
    if (outcome === null) {
      const pauseMs = Math.max(FIRST_AFTER_MS, nowMs - epochMs(attempt.startedAt));
      await this.askLater({ messageId, attempt: number }, Math.min(LONGEST_PAUSE_MS, pauseMs), true);
    } else await this.record(message, attempt, outcome);
  }

  /** Null: it cannot be told, or not now. */
  private async settled(gateway: SmsGateway, { order }: LiveMessage, attempt: Attempt): Promise<Settled | null> {
    const [to = ERASED, body = ERASED] = await this.vault.open([order.to, order.body]);
    if (to === ERASED || body === ERASED || gateway.settle === undefined) return null;
    const validForSeconds = Math.max(1, Math.floor((epochMs(order.validUntil) - this.clock.now()) / 1000));
    const { sender: from, encoding, messageId } = order;
    const submission = { to, from, body, encoding, messageId, attempt: attempt.number, validForSeconds };
    const outcome = await gateway.settle(submission, attempt.startedAt);
    if (outcome === null) return null;
    keepUnread(this.answers, outcome, { provider: gateway.name, messageId, attempt: attempt.number, to });
    return outcome.kind === 'unknown' ? null : outcome;
  }

  private async record(message: KnownMessage, attempt: Attempt, outcome: Settled): Promise<void> {
    const context = this.commands.context(message, { id: this.ids.uuid(), actor: ACTOR }, `inquiry:${attempt.number}`);
    const noted =
      outcome.kind === 'accepted'
        ? this.recent.expect(attempt.provider, outcome.providerMessageId, message.messageId)
        : () => undefined;
    try {
      await this.commands.run(message, this.commandFor(attempt.number, outcome), context);
    } finally {
      noted();
    }
  }

  private commandFor(attempt: number, outcome: Settled): MessageCommand {
    if (outcome.kind === 'accepted') {
      const { providerMessageId, providerCost } = outcome;
      const { reportGraceSeconds: graceSeconds } = this.configuration;
      return { type: 'RecordAccepted', data: { attempt, providerMessageId, providerCost, graceSeconds } };
    }
    const { class: failureClass, scope, code, reason, failureCode, byProvider } = outcome;
    const known = { attempt, class: failureClass, scope, code, reason, failureCode, byProvider };
    return { type: 'RecordRefused', data: { ...known, at: this.clock.iso(), retryDelayMs: null } };
  }

  private askLater(
    { messageId, attempt }: Pick<Timer, 'messageId' | 'attempt'>,
    pauseMs: number,
    again: boolean,
  ): Promise<void> {
    const dueAt = new Date(this.clock.now() + pauseMs).toISOString();
    return this.timers.set({ messageId, attempt, purpose: 'inquiry', dueAt }, again);
  }
}

/** The attempt, where nobody knows yet what became of it and it is still the last one. */
function openQuestion(state: LiveMessage, number: number): Attempt | null {
  const attempt = state.attempts.at(-1);
  return state.status === 'unknown' && attempt?.number === number && attempt.result.kind === 'unknown' ? attempt : null;
}
