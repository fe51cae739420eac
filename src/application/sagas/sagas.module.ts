import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { streamPrefixes } from '../../domain/shared/streams';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import { RECEIPT_INBOX, type ReceiptInbox } from '../ports/delivery-reports';
import { PROVIDER_ANSWERS, type ProviderAnswers } from '../ports/provider-answers';
import { SUBSCRIPTIONS, type Subscriptions, type Worker } from '../ports/subscriptions';
import { TIMER_FEED, type TimerFeed } from '../ports/timers';
import { Affordability } from './affordability';
import { CallsUnderWay } from './calls-under-way';
import { ClaimMaker } from './claim-maker';
import { Dispatcher, DISPATCHER_EVENTS } from './dispatcher';
import { DueMessages } from './due-messages';
import { Inquiry } from './inquiry';
import { MessageCommands } from './message-commands';
import { MessageMemory } from './message-memory';
import { ProviderCall } from './provider-call';
import { Receipts } from './receipts';
import { RecentDispatches } from './recent-dispatches';
import { Settlement, SETTLEMENT_EVENTS } from './settlement';
import { WaitingRoom } from './waiting-room';
import { Watchdog } from './watchdog';

/** What both groups read; a group's filter cannot be changed later. */
const PREFIXES = [streamPrefixes.message];
export const DISPATCHER_GROUP = { group: 'dispatcher-v1', streamPrefixes: PREFIXES };
export const SETTLEMENT_GROUP = { group: 'settlement-v1', streamPrefixes: PREFIXES };

/** Settlements wait for wallets and alarms, both of which commit in groups: the more at once, the fuller the groups. */
const SETTLEMENTS_AT_ONCE = 128;
/** A provider's deadline may have to pass before what is in hand is done. */
const DRAIN_MARGIN_MS = 5_000;

/** The durable process managers of messages. They run where the role `dispatcher` is on. */
@Module({
  providers: [
    ...[MessageMemory, MessageCommands, RecentDispatches, CallsUnderWay, WaitingRoom],
    ...[Affordability, ClaimMaker, ProviderCall, DueMessages, Inquiry, Dispatcher, Settlement, Receipts, Watchdog],
  ],
})
export class SagasModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private workers: Worker[] = [];

  constructor(
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(SUBSCRIPTIONS) private readonly subscriptions: Subscriptions,
    @Inject(TIMER_FEED) private readonly timers: TimerFeed,
    @Inject(RECEIPT_INBOX) private readonly inbox: ReceiptInbox,
    @Inject(PROVIDER_ANSWERS) private readonly answers: ProviderAnswers,
    private readonly dispatcher: Dispatcher,
    private readonly settlement: Settlement,
    private readonly receipts: Receipts,
    private readonly recent: RecentDispatches,
    private readonly waitingRoom: WaitingRoom,
    private readonly watchdog: Watchdog,
    private readonly commands: MessageCommands,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // From START, and before the first append of a fresh store, in whatever role this process runs.
    await this.subscriptions.ensureGroups([DISPATCHER_GROUP, SETTLEMENT_GROUP]);
    if (!this.configuration.roles.has('dispatcher')) return;
    this.recent.onNoted((provider, providerMessageId) => this.inbox.wake(provider, providerMessageId));
    this.waitingRoom.start((messageId, opened) => this.dispatcher.wake(messageId, opened));
    this.workers = await Promise.all([
      this.subscriptions.worker({
        ...DISPATCHER_GROUP,
        handles: DISPATCHER_EVENTS,
        concurrency: this.configuration.dispatchConcurrency,
        handle: (event) => this.dispatcher.onEvent(event),
      }),
      this.subscriptions.worker({
        ...SETTLEMENT_GROUP,
        handles: SETTLEMENT_EVENTS,
        concurrency: SETTLEMENTS_AT_ONCE,
        handle: (event) => this.settlement.onEvent(event),
      }),
    ]);
    this.timers.start((timer) => this.dispatcher.onTimer(timer));
    this.inbox.start((report) => this.receipts.onReport(report));
    this.watchdog.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.workers.length === 0) return;
    const drainMs = this.configuration.providerDeadlineMs + DRAIN_MARGIN_MS;
    this.waitingRoom.stop();
    await this.watchdog.stop();
    await Promise.all([
      this.timers.stop(drainMs),
      this.inbox.stop(drainMs),
      ...this.workers.map((worker) => worker.stop(drainMs)),
    ]);
    // Only now: while it drained, an outcome that the store did not take at once was worth waiting for.
    this.commands.stop();
    await this.answers.flush();
  }
}
