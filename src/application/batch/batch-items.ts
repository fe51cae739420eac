import { Inject, Injectable } from '@nestjs/common';
import type { ItemOutcome } from '../../domain/batch/decider';
import type { AcceptedItem, RefusedItem } from '../../domain/batch/events';
import { DomainError } from '../../domain/shared/domain-error';
import { fromKesText, moneyString } from '../../domain/shared/money';
import type { SendResult } from '../message/accepted-message';
import { DuplicateGate, type Entry } from '../message/duplicate-gate';
import { EarlierAcceptance } from '../message/earlier-acceptance';
import { MessageDrafts, type MessageDraft } from '../message/message-draft';
import type { Caller } from '../message/message-request';
import { Sending } from '../message/send-message';
import { CLOCK, type Clock } from '../ports/clock';
import { CUSTOMER_DIRECTORY, type CustomerDirectory } from '../ports/customer-directory';
import { StoreUnavailable } from '../ports/event-store';
import { Breather } from '../shared/breather';
import { Turnstile } from '../shared/turnstile';
import { idempotencyOf, keyReused, type RunningBatch } from './batch-order';

/** How often an item is tried while something of ours is away, and the pause before the second time; then it grows. */
const TRIES = 6;
const PAUSE_MS = 250;
/** Chunks of all batches that are under way at once in this process: the rest of its time belongs to others. */
const CHUNKS_AT_ONCE = 4;

/** An item that is ready to go. */
interface Ready {
  readonly index: number;
  readonly draft: MessageDraft;
}

type Settled<T> = { readonly value: T } | { readonly error: unknown };

/** Decides items as so many single sends: the same checks, at the same time where they may, in their order where money is. */
@Injectable()
export class BatchItems {
  private readonly turnstile = new Turnstile(CHUNKS_AT_ONCE);

  constructor(
    @Inject(MessageDrafts) private readonly drafts: MessageDrafts,
    @Inject(DuplicateGate) private readonly gate: DuplicateGate,
    @Inject(Sending) private readonly sending: Sending,
    @Inject(EarlierAcceptance) private readonly earlier: EarlierAcceptance,
    @Inject(CUSTOMER_DIRECTORY) private readonly directory: CustomerDirectory,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Items from `from` up to `to`, which is not among them.
   * @throws StoreUnavailable, DomainError unavailable where trying again has not helped; some may be accepted by then
   */
  decide(batch: RunningBatch, from: number, to: number): Promise<ItemOutcome[]> {
    return this.turnstile.through(() => this.decideAll(batch, from, to));
  }

  private async decideAll(batch: RunningBatch, from: number, to: number): Promise<ItemOutcome[]> {
    const outcomes = new Map<number, ItemOutcome>();
    let failures = 0;
    for (let open = range(from, to); open.length > 0; open = open.filter((index) => !outcomes.has(index))) {
      const ready = await this.prepare(batch, open, outcomes);
      const failure = await this.sendAll(batch, ready, outcomes, failures > 0);
      if (failure === null) continue;
      failures += 1;
      if (failures >= TRIES) throw failure;
      await new Promise((resolve) => setTimeout(resolve, failures * PAUSE_MS));
    }
    return range(from, to).flatMap((index) => outcomes.get(index) ?? []);
  }

  /**
   * Drafts of those that can be sent now. One whose own key another item of them has waits for that item: it may be the
   * answer, and if it is refused, the key is free again.
   */
  private async prepare(
    batch: RunningBatch,
    open: readonly number[],
    outcomes: Map<number, ItemOutcome>,
  ): Promise<Ready[]> {
    const breather = new Breather(this.clock);
    const taken = new Set<string>();
    const ready: Ready[] = [];
    for (const index of open) {
      await breather.breathe();
      try {
        const item = batch.order.item(index);
        const idempotency = idempotencyOf(batch, index, item);
        const draft = this.drafts.draft(this.callerNow(batch.caller), item.request, idempotency, batch.batchId);
        const before = item.own === null ? undefined : batch.byOwnKey.get(item.own.key);
        if (before !== undefined) {
          if (before.digest !== item.digest) throw keyReused();
          outcomes.set(index, { ...before.outcome, replayed: true });
        } else if (item.own === null || !taken.has(item.own.key)) {
          if (item.own !== null) taken.add(item.own.key);
          ready.push({ index, draft });
        }
      } catch (error) {
        if (!isRefusal(error)) throw error;
        outcomes.set(index, refusedItem(error));
      }
    }
    return ready;
  }

  /** @returns what kept an item from being decided though nothing is wrong with it; null: all are. */
  private async sendAll(
    batch: RunningBatch,
    ready: readonly Ready[],
    outcomes: Map<number, ItemOutcome>,
    again: boolean,
  ): Promise<Error | null> {
    // Asked for in one turn of the event loop, they go to Redis in one write; the same holds for what they insert.
    const entries = await Promise.all(ready.map(({ draft }) => settled(this.gate.enter(draft.admission))));
    const sends = ready.map(({ draft }, i) => this.send(draft, entries[i] ?? { error: new Error('no entry') }));
    let failure: Error | null = null;
    for (const [i, result] of (await Promise.all(sends)).entries()) {
      const item = ready[i];
      if (item === undefined) continue;
      if ('value' in result) {
        outcomes.set(item.index, await this.accepted(batch, item.draft, result.value, again));
      } else if (isRefusal(result.error)) {
        outcomes.set(item.index, refusedItem(result.error));
      } else if (isPassing(result.error)) {
        failure ??= result.error;
      } else throw result.error;
    }
    return failure;
  }

  /** Not waiting for anything before the wallet has been asked: what is called first is paid for first. */
  private send(draft: MessageDraft, entry: Settled<Entry>): Promise<Settled<SendResult>> {
    if ('error' in entry) return Promise.resolve(entry);
    if (this.keyHolds(draft.caller)) return settled(this.sending.send(draft, entry.value));
    if (entry.value.kind === 'admitted') this.gate.leave(draft.admission, null);
    const error = new DomainError('unauthenticated', 'The API key was revoked or has expired meanwhile.');
    return Promise.resolve({ error });
  }

  private async accepted(
    batch: RunningBatch,
    draft: MessageDraft,
    { response, replayed, batchId }: SendResult,
    again: boolean,
  ): Promise<AcceptedItem> {
    const outcome: AcceptedItem = {
      messageId: response.message_id,
      tier: response.provider,
      amount: moneyString(fromKesText(response.cost_kes.toFixed(4))),
      replayed: replayed && !(await this.isOurs(batch, draft, batchId, again)),
    };
    const { idempotency } = draft;
    if (idempotency !== null && idempotency.keyedDigest !== null) {
      batch.byOwnKey.set(idempotency.key, { digest: idempotency.digest, outcome });
    }
    return outcome;
  }

  /** An acceptance that was found may be this batch's own, from before a crash or a time-out: that is no replay. */
  private async isOurs(
    { batchId, resumed }: RunningBatch,
    draft: MessageDraft,
    foundIn: string | undefined,
    again: boolean,
  ): Promise<boolean> {
    if (foundIn !== undefined) return foundIn === batchId;
    if (!resumed && !again) return false;
    return (await this.earlier.look(draft))?.batchId === batchId;
  }

  /** With what the customer may by now: limits, senders and prices may change while a batch runs. */
  private callerNow(caller: Caller): Caller {
    const customer = this.directory.key(caller.keyId)?.customer;
    return customer === undefined ? caller : { ...caller, customer };
  }

  private keyHolds({ keyId }: Caller): boolean {
    const key = this.directory.key(keyId);
    if (key === null || key.revoked) return false;
    return key.expiresAt === null || Date.parse(key.expiresAt) > this.clock.now();
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Says something about the item, and would say it again. */
const isRefusal = (error: unknown): error is DomainError =>
  error instanceof DomainError && error.code !== 'unavailable';

/** Says something about us, now. */
const isPassing = (error: unknown): error is Error =>
  error instanceof StoreUnavailable || (error instanceof DomainError && error.code === 'unavailable');

const refusedItem = ({ code, detail, fields }: DomainError): RefusedItem => ({ code, detail, fields: [...fields] });

/** Never rejects, so that one may fail while the others are still waited for. */
const settled = <T>(promise: Promise<T>): Promise<Settled<T>> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
