import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../../application/ports/clock';
import type { ApiKeyRecord, CustomerDirectory, CustomerRecord } from '../../application/ports/customer-directory';
import type { CustomerReads } from '../../application/ports/customer-reads';
import { LOGGER, type Logger } from '../../application/ports/logger';
import type { ReadSideStatus } from '../../application/ports/read-side-status';
import {
  SUBSCRIPTIONS,
  type CatchUpSubscription,
  type FeedItem,
  type Subscriptions,
} from '../../application/ports/subscriptions';
import { DomainError } from '../../domain/shared/domain-error';
import type { PublishedPriceList, RegisteredCustomer } from '../../domain/customer/state';
import { loadCustomers } from '../../projections/customers/customers.reader';
import { Readiness } from '../observability/readiness';
import { DATABASE, type Database } from '../postgres/database';
import { CustomerMemory, FOLLOWED_PREFIXES } from './customer-memory';

/** How long a start waits for the log before it goes on with what Postgres knew. */
const CATCH_UP_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
const BATCH_SIZE = 500;

/**
 * All customers in memory: first as the read model has them, then kept current by a feed of their streams from its
 * checkpoint. The same feed tells whether this process follows the log, which is what makes a read stale.
 */
@Injectable()
export class FollowedCustomers
  implements CustomerDirectory, CustomerReads, ReadSideStatus, OnModuleInit, BeforeApplicationShutdown
{
  private readonly memory = new CustomerMemory();
  private readonly waiting = new Set<() => void>();
  private feed: CatchUpSubscription | null = null;
  private looking: NodeJS.Timeout | null = null;
  private lastLive: string;

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(SUBSCRIPTIONS) private readonly subscriptions: Subscriptions,
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.lastLive = clock.iso();
  }

  async onModuleInit(): Promise<void> {
    const stored = await loadCustomers(this.database);
    this.memory.load(stored);
    const followed = new Promise<'caught up' | 'stopped'>((resolve) => {
      this.feed = this.subscriptions.catchUp({
        name: 'customer-directory',
        from: stored.upTo,
        streamPrefixes: FOLLOWED_PREFIXES,
        batchSize: BATCH_SIZE,
        // A key that was just issued or revoked counts at once.
        lingerMs: 0,
        onBatch: (items) => {
          for (const item of items) this.take(item);
          for (const wake of this.waiting) wake();
          return Promise.resolve();
        },
        onCaughtUp: () => resolve('caught up'),
        onStopped: (error) => {
          this.logger.error({ err: error }, 'customers are not kept current any more');
          resolve('stopped');
        },
      });
    });
    this.readiness.register('event_store', () => (this.feed?.isLive() === true ? null : 'the log is not followed'));
    this.looking = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    const outcome = await Promise.race([followed, delay(CATCH_UP_WITHIN_MS, 'late' as const, { ref: false })]);
    if (outcome === 'late') {
      this.logger.warn({}, 'the event store is away: customers are as the read model knew them');
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.looking !== null) clearInterval(this.looking);
    await this.feed?.stop();
  }

  key(keyId: string): ApiKeyRecord | null {
    return this.memory.key(keyId);
  }

  customer(customerId: string): CustomerRecord | null {
    return this.memory.customer(customerId);
  }

  all(): readonly RegisteredCustomer[] {
    return this.memory.all();
  }

  find(customerId: string): RegisteredCustomer | null {
    return this.memory.find(customerId);
  }

  priceList(priceListId: string): PublishedPriceList | null {
    return this.memory.priceList(priceListId);
  }

  async knows(stream: string, revision: bigint, withinMs: number): Promise<void> {
    const until = this.clock.monotonicMs() + withinMs;
    while ((this.memory.knownRevision(stream) ?? -1n) < revision) {
      const leftMs = until - this.clock.monotonicMs();
      if (leftMs <= 0) throw new DomainError('unavailable', 'This process does not follow the log.', [], 1);
      await this.nextBatch(leftMs);
    }
  }

  private take(item: FeedItem): void {
    if (item.kind === 'event') return this.memory.apply(item.event);
    const { stream, revision, type, problem, detail } = item.event;
    // A type that is not known here is of a feature that this version does not have; it is counted where it is decoded.
    if (problem === 'unknown_type') return;
    const customerId = this.memory.shut(stream);
    this.logger.error(
      { stream, revision: revision.toString(), type, problem, detail, customerId },
      'an event about customers cannot be read: whom it concerns is refused until this program can',
    );
  }

  staleSince(): string | null {
    this.look();
    return this.feed?.isLive() === true ? null : this.lastLive;
  }

  private look(): void {
    if (this.feed?.isLive() === true) this.lastLive = this.clock.iso();
  }

  private async nextBatch(withinMs: number): Promise<void> {
    const timer = new AbortController();
    let wake: () => void = () => undefined;
    const batch = new Promise<void>((resolve) => {
      wake = resolve;
      this.waiting.add(wake);
    });
    try {
      await Promise.race([batch, delay(withinMs, undefined, { signal: timer.signal })]);
    } finally {
      timer.abort();
      this.waiting.delete(wake);
    }
  }
}
