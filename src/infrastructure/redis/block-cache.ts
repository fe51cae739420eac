import type { Redis } from 'ioredis';
import type { RecordedEvent } from '../../application/ports/event-store';
import type { BlockPlaced } from '../../domain/fraud/events';
import { streamPrefixes } from '../../domain/shared/streams';
import { keys } from './keys';
import { LogMirror, type MirrorParts } from './log-mirror';

type Block = BlockPlaced['data'] & { readonly blocked: boolean };

/** The blocks of the log. */
export class BlockCache extends LogMirror<Block> {
  constructor(parts: MirrorParts) {
    super({ name: 'blocks', streamPrefix: streamPrefixes.block, marker: keys.blocksWritten }, parts);
  }

  protected read({ type, data }: RecordedEvent, known: (id: string) => Block | undefined): [string, Block] | null {
    if (type === 'BlockPlaced' && isBlock(data)) return [data.subject, { ...data, blocked: true }];
    if (type !== 'BlockLifted' || !('subject' in data) || typeof data.subject !== 'string') return null;
    const placed = known(data.subject);
    return placed === undefined ? null : [data.subject, { ...placed, blocked: false }];
  }

  protected async write(blocks: readonly Block[]): Promise<void> {
    const recipients = blocks.filter(({ kind }) => kind === 'recipient').map(({ subject }) => subject);
    const found = await this.parts.subjects.find(recipients);
    for (const block of blocks) {
      if (block.kind === 'recipient') {
        const subject = found.get(block.subject);
        // Null where it concerns nobody any more.
        if (subject === undefined) continue;
        await this.writeKey(block, keys.blockedRecipient(subject.customerId, subject.lookupHash));
      } else if (block.kind === 'customer') await this.writeKey(block, keys.blockedCustomer(block.subject));
      else await this.run(prefixWrite(block));
    }
  }

  private writeKey({ blocked }: Block, key: string): Promise<void> {
    return this.run((redis) => (blocked ? redis.set(key, '1') : redis.del(key)));
  }

  private async run(write: (redis: Redis) => Promise<unknown>): Promise<void> {
    await this.parts.connection.run(write);
  }
}

function prefixWrite({ subject, customerId, blocked }: Block): (redis: Redis) => Promise<unknown> {
  const digits = subject.replace(/^prefix-/, '');
  const key = keys.blockedPrefixes(customerId);
  return (redis) => (blocked ? redis.sadd(key, digits) : redis.srem(key, digits));
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
