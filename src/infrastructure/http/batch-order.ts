import { createHash } from 'node:crypto';
import type { BatchItem, BatchOrder } from '../../application/batch/batch-order';
import type { Idempotency } from '../../application/message/message-request';
import type { Clock } from '../../application/ports/clock';
import { Breather } from '../../application/shared/breather';
import type { FieldError } from '../../domain/shared/domain-error';
import { BatchItemDto } from './batch.dto';
import { canonicalJson, type BodyDigests } from './canonical-digest';
import { idempotencyKey } from './idempotency-key';
import { requestOf } from './message-request';
import { notYetServed } from './send-message.dto';
import { badFields } from './strict-json';
import { DtoPipe } from './validation';

const itemBody = new DtoPipe(BatchItemDto, { code: 'validation_failed', notYet: notYetServed });

/** The messages of a request's body, each read and checked when its turn comes. */
export class HttpBatchOrder implements BatchOrder {
  constructor(
    private readonly messages: readonly unknown[],
    private readonly digests: BodyDigests,
    /** What may not stand in them, found while they were read. */
    private readonly bad: ReadonlyMap<number, readonly FieldError[]> = new Map(),
  ) {}

  get size(): number {
    return this.messages.length;
  }

  item(index: number): BatchItem {
    const errors = this.bad.get(index);
    if (errors !== undefined) throw badFields(errors);
    const { idempotency_key: key, ...message } = itemBody.transform(this.messages[index]);
    // Without its key it is the body of a single send, and so it is told apart from another under that key.
    const digest = this.digests.plain(message);
    const own = key === undefined ? null : this.keyed(key, digest);
    return { request: requestOf(message), own, digest };
  }

  /** Of the header, with a digest of all messages; made bit by bit, since there may be sixteen megabytes of them. */
  async idempotency(header: string, clock: Clock): Promise<Idempotency> {
    const breather = new Breather(clock);
    const hash = createHash('sha256');
    for (const message of this.messages) {
      hash.update(canonicalJson(message)).update(',');
      await breather.breathe();
    }
    return this.keyed(header, hash.digest('hex'));
  }

  private keyed(key: string, digest: string): Idempotency {
    return { key: idempotencyKey(key), digest, keyedDigest: this.digests.keyed(digest) };
  }
}
