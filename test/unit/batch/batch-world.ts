import type { BatchItem, BatchOrder } from '../../../src/application/batch/batch-order';
import { BatchComparison } from '../../../src/application/batch/batch-comparison';
import { BatchItems } from '../../../src/application/batch/batch-items';
import { BatchLog } from '../../../src/application/batch/batch-log';
import { SendBatch, SendBatchHandler, type BatchResult } from '../../../src/application/batch/send-batch';
import { Acceptance } from '../../../src/application/message/acceptance';
import { DuplicateGate } from '../../../src/application/message/duplicate-gate';
import { EarlierAcceptance } from '../../../src/application/message/earlier-acceptance';
import { MessageDrafts } from '../../../src/application/message/message-draft';
import type { Caller, Idempotency } from '../../../src/application/message/message-request';
import { Offers } from '../../../src/application/message/offers';
import { Sending } from '../../../src/application/message/send-message';
import { Vetting } from '../../../src/application/message/vetting';
import type { ApiKeyRecord } from '../../../src/application/ports/customer-directory';
import type { DomainError } from '../../../src/domain/shared/domain-error';
import { streams } from '../../../src/domain/shared/streams';
import {
  configuration,
  CountingIds,
  customer,
  fixedClock,
  MemoryAdmission,
  MemoryStore,
  MemoryWallets,
  PlainVault,
  quiet,
  StillHealth,
} from '../message/send/fakes';

export const CALLER: Caller = { customer: customer(), keyId: 'KEY1', mode: 'live', requestId: 'req_1' };

/** What one item says: a number, a text, or a flaw. */
export interface Asked {
  readonly to?: string;
  readonly body?: string;
  readonly key?: string;
  readonly flaw?: DomainError;
}

/** An order of so many items; what is not said is ordinary. */
export function orderOf(items: readonly Asked[]): BatchOrder {
  return {
    size: items.length,
    item: (index): BatchItem => {
      const { to = `+2547120${String(index).padStart(5, '0')}`, body = 'Hello', key, flaw } = items[index] ?? {};
      if (flaw !== undefined) throw flaw;
      const digest = `digest of ${to} ${body}`;
      return {
        request: {
          to,
          body,
          senderId: 'WAHT',
          validForSeconds: null,
          onUnknown: null,
          clientReference: null,
          encoding: null,
          maxSegments: null,
          maxCost: null,
          sendAt: null,
          class: 'transactional',
        },
        own: key === undefined ? null : { key, digest, keyedDigest: `keyed ${digest}` },
        digest,
      };
    },
  };
}

/** The key of a batch; `body` stands for all its items. */
export const batchKey = (key = 'batch-1', body = 'all'): Idempotency => ({
  key,
  digest: `digest of ${body}`,
  keyedDigest: `keyed digest of ${body}`,
});

export const batchIdOf = (key = 'batch-1'): string =>
  new CountingIds().batchIdForKey(CALLER.customer.customerId, 'live', key);

/** A process over a store, wallets and Redis in memory; another one over the same with `over`. */
export function batchWorld(over?: { store: MemoryStore; wallets: MemoryWallets; admission: MemoryAdmission }) {
  const { store, wallets, admission } = over ?? {
    store: new MemoryStore(),
    wallets: new MemoryWallets(),
    admission: new MemoryAdmission(),
  };
  const vault = new PlainVault();
  const ids = new CountingIds(over === undefined ? 0 : 1_000_000);
  const earlier = new EarlierAcceptance(store, vault);
  const foreign = (): { kind: 'mobile'; country: string } => ({ kind: 'mobile', country: 'US' });
  const drafts = new MessageDrafts(fixedClock, ids, configuration, { foreign }, vault);
  const gate = new DuplicateGate(admission, fixedClock);
  const acceptance = new Acceptance(store, wallets, vault, ids, earlier, quiet);
  const offers = new Offers(configuration, new StillHealth());
  const sending = new Sending(drafts, gate, new Vetting(configuration, quiet), offers, acceptance, earlier);
  const key: ApiKeyRecord = {
    keyId: 'KEY1',
    hash: '',
    mode: 'live',
    scopes: new Set(['messages']),
    expiresAt: null,
    revoked: false,
    customer: CALLER.customer,
  };
  const directory = { record: key as ApiKeyRecord | null, key: () => directory.record, customer: () => null };
  const items = new BatchItems(drafts, gate, sending, earlier, directory, fixedClock);
  const log = new BatchLog(store, ids, fixedClock);
  const comparison = new BatchComparison(drafts, earlier, fixedClock);
  const handler = new SendBatchHandler(gate, log, items, comparison, ids);
  const send = (asked: readonly Asked[], idempotency: Idempotency | null = null): Promise<BatchResult> =>
    handler.execute(new SendBatch(CALLER, orderOf(asked), idempotency));
  return { store, wallets, admission, directory, send };
}

export type BatchWorld = ReturnType<typeof batchWorld>;

/** Messages that were really queued. */
export const queuedIn = (w: BatchWorld): string[] =>
  w.store.appended.map(({ stream }) => stream).filter((stream) => stream.startsWith(streams.message('')));
