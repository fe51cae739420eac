import type { Redis } from 'ioredis';
import type { Logger } from '../../application/ports/logger';
import type { CatchUpSubscription, FeedItem, Subscriptions } from '../../application/ports/subscriptions';
import type { BlockPlaced } from '../../domain/fraud/events';
import { streamPrefixes } from '../../domain/shared/streams';
import { keys } from './keys';
import type { BlockWriter } from './redis-admission';
import type { RedisConnection } from './redis-connection';

/** Finds what Redis knows a recipient by; events and streams only name a random subject id. */
export interface SubjectHashes {
  /** Null where the subject has been erased: nobody can be blocked by it any more. */
  find(subjectId: string): Promise<{ customerId: string; lookupHash: string } | null>;
}

type Block = BlockPlaced['data'] & { readonly blocked: boolean };

/**
 * The blocks of the log, in Redis. Every process follows the `block-` streams and writes what it reads, which does no
 * harm twice. A flushed Redis is told by a missing marker and written anew, from memory, before anyone is admitted.
 */
export class BlockCache implements BlockWriter {
  private readonly blocks = new Map<string, Block>();
  private subscription: CatchUpSubscription | null = null;
  private caughtUp = false;
  private rewriting: Promise<boolean> | null = null;

  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly connection: RedisConnection,
    private readonly subjects: SubjectHashes,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.subscription = this.subscriptions.catchUp({
      name: 'blocks',
      from: null,
      streamPrefixes: [streamPrefixes.block],
      batchSize: 500,
      lingerMs: 5,
      onBatch: (items) => this.onBatch(items),
      onCaughtUp: () => this.onCaughtUp(),
      onStopped: (error) => this.onStopped(error),
    });
  }

  async stop(): Promise<void> {
    await this.subscription?.stop();
  }

  isCaughtUp(): boolean {
    return this.caughtUp;
  }

  rewrite(): Promise<boolean> {
    if (!this.caughtUp) return Promise.resolve(false);
    this.rewriting ??= this.writeAll().finally(() => {
      this.rewriting = null;
    });
    return this.rewriting;
  }

  private async onBatch(items: readonly FeedItem[]): Promise<void> {
    const changed = items.flatMap((item) => this.keep(item) ?? []);
    // Before the end of the log is reached, a block may already have been lifted further on: nothing is written yet.
    if (!this.caughtUp || changed.length === 0) return;
    await this.write(changed);
  }

  private onCaughtUp(): void {
    this.caughtUp = true;
    this.rewrite().catch((error: unknown) => {
      // The marker is missing or as old as the blocks in Redis; the first request without it tries again.
      this.logger.warn({ err: error }, 'the blocks could not be written to Redis yet');
    });
  }

  private onStopped(error: unknown): void {
    // Readiness goes red: a process that no longer hears of blocks must not go on accepting for long.
    this.caughtUp = false;
    this.logger.error({ err: error }, 'blocks are not followed any more');
  }

  private keep(item: FeedItem): Block | null {
    if (item.kind !== 'event') return null;
    const { type, data } = item.event;
    if (type === 'BlockPlaced' && isBlock(data)) return this.set({ ...data, blocked: true });
    if (type !== 'BlockLifted' || !('subject' in data) || typeof data.subject !== 'string') return null;
    const placed = this.blocks.get(data.subject);
    return placed === undefined ? null : this.set({ ...placed, blocked: false });
  }

  private set(block: Block): Block {
    this.blocks.set(block.subject, block);
    return block;
  }

  private async writeAll(): Promise<boolean> {
    await this.write([...this.blocks.values()]);
    await this.connection.run((redis) => redis.set(keys.blocksWritten, '1'));
    return true;
  }

  private async write(blocks: readonly Block[]): Promise<void> {
    const writes = (await Promise.all(blocks.map((block) => this.writeOf(block)))).flatMap((write) => write ?? []);
    for (const write of writes) await this.connection.run(write);
  }

  /** What makes Redis agree with one block; null where it concerns nobody any more. */
  private async writeOf(block: Block): Promise<((redis: Redis) => Promise<unknown>) | null> {
    if (block.kind === 'prefix') {
      const digits = block.subject.replace(/^prefix-/, '');
      const key = keys.blockedPrefixes(block.customerId);
      return (redis) => (block.blocked ? redis.sadd(key, digits) : redis.srem(key, digits));
    }
    const key =
      block.kind === 'customer' ? keys.blockedCustomer(block.subject) : await this.recipientKey(block.subject);
    if (key === null) return null;
    return (redis) => (block.blocked ? redis.set(key, '1') : redis.del(key));
  }

  private async recipientKey(subjectId: string): Promise<string | null> {
    const subject = await this.subjects.find(subjectId);
    return subject === null ? null : keys.blockedRecipient(subject.customerId, subject.lookupHash);
  }
}

const KINDS: readonly string[] = ['recipient', 'prefix', 'customer'];

function isBlock(data: object): data is BlockPlaced['data'] {
  return (
    'subject' in data &&
    typeof data.subject === 'string' &&
    'kind' in data &&
    typeof data.kind === 'string' &&
    KINDS.includes(data.kind) &&
    'customerId' in data &&
    (data.customerId === null || typeof data.customerId === 'string')
  );
}
