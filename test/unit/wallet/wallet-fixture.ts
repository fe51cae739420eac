import type { WriterTurns } from '../../../src/application/ports/writer-turns';
import { createHash, randomUUID } from 'node:crypto';
import { GroupCommitWallets } from '../../../src/application/wallet/group-commit-wallets';
import type { Clock } from '../../../src/application/ports/clock';
import type { EventStore } from '../../../src/application/ports/event-store';
import type { IdSource } from '../../../src/application/ports/id-source';
import type { Logger } from '../../../src/application/ports/logger';
import type { Metrics } from '../../../src/application/ports/metrics';
import type { Snapshot, Snapshots } from '../../../src/application/ports/snapshots';
import type { CommandContext, WalletRef } from '../../../src/application/ports/wallets';
import type { JsonObject } from '../../../src/domain/shared/json';
import { money, type Money } from '../../../src/domain/shared/money';
import { walletSnapshot, type WalletState } from '../../../src/domain/wallet/state';

export const wallet: WalletRef = { customerId: 'cus_1', mode: 'live' };

export const ids: IdSource = {
  next: (prefix) => `${prefix}_${randomUUID()}`,
  uuid: () => randomUUID(),
  derived: (parent, name) => createHash('sha256').update(`${parent}/${name}`).digest('hex').slice(0, 32),
  optOutId: (...parts) => `opt_${parts.join('.')}`,
  messageIdForKey: (...parts) => `msg_${createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 26)}`,
  batchIdForKey: (...parts) => `bat_${createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 26)}`,
};

export const clock: Clock = {
  now: () => Date.now(),
  iso: () => new Date().toISOString(),
  monotonicMs: () => performance.now(),
};

export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

const ignored = (): void => undefined;

export class CountingMetrics implements Metrics {
  conflicts = 0;
  discarded = 0;
  readonly batches: number[] = [];
  walletConflict(): void {
    this.conflicts += 1;
  }
  walletBatch(commands: number): void {
    this.batches.push(commands);
  }
  appendObserved = ignored;
  dispatch = ignored;
  report = ignored;
  inbound = ignored;
  providerAnswer = ignored;
  requestObserved = ignored;
  projectionLag = ignored;
  projectionBacklog = ignored;
  projectionParked = ignored;
  projectionsLeft = ignored;
  undecodable = ignored;
  workerInFlight = ignored;
  refused = ignored;
  providerScore = ignored;
  accessDropped = ignored;
  headRefused = ignored;
  logMismatch = ignored;
  snapshotDiscarded(): void {
    this.discarded += 1;
  }
}

export class MemorySnapshots implements Snapshots {
  readonly kept = new Map<string, Snapshot & { schema: number }>();
  load(stream: string, schema: number): Promise<Snapshot | null> {
    const kept = this.kept.get(stream);
    return Promise.resolve(kept?.schema === schema ? kept : null);
  }
  save(stream: string, schema: number, snapshot: Snapshot): Promise<void> {
    const kept = this.kept.get(stream);
    if (kept === undefined || kept.revision < snapshot.revision) this.kept.set(stream, { ...snapshot, schema });
    return Promise.resolve();
  }
  discard(stream: string, eventId: string): Promise<void> {
    if (this.kept.get(stream)?.eventId === eventId) this.kept.delete(stream);
    return Promise.resolve();
  }
  newest(streamPrefix: string, limit: number): Promise<string[]> {
    return Promise.resolve([...this.kept.keys()].filter((one) => one.startsWith(streamPrefix)).slice(0, limit));
  }
}

/** One turn for all writers of a test, as Redis keeps it. */
export class SharedTurn {
  holder: string | null = null;
  asked = 0;

  of(self: string): WriterTurns {
    return {
      claim: () => {
        this.holder ??= self;
        return Promise.resolve(this.holder === self);
      },
      isAnothers: () => {
        this.asked += 1;
        return Promise.resolve(this.holder !== null && this.holder !== self);
      },
      release: () => {
        if (this.holder === self) this.holder = null;
        return Promise.resolve();
      },
    };
  }
}

/** One process's wallets over a store that others may write to as well. */
export function walletsOn(
  store: EventStore,
  snapshots: Snapshots = new MemorySnapshots(),
  time: Clock = clock,
  turns?: WriterTurns,
): { wallets: GroupCommitWallets; metrics: CountingMetrics } {
  const metrics = new CountingMetrics();
  return { wallets: new GroupCommitWallets(store, snapshots, ids, time, metrics, silent, turns), metrics };
}

export function context(timeoutMs?: number): CommandContext {
  const commandId = randomUUID();
  const actor = { kind: 'key', id: 'key_1' } as const;
  const metadata = { correlationId: commandId, causationId: commandId, customerId: 'cus_1', actor, at: clock.iso() };
  return { commandId, metadata, timeoutMs };
}

export const reservation = (amount: bigint): { reservationId: string; messageId: string; amount: Money } => ({
  reservationId: ids.next('rsv'),
  messageId: ids.next('msg'),
  amount: money(amount),
});

export async function openWith(wallets: GroupCommitWallets, amount: bigint, ref = wallet): Promise<void> {
  await wallets.open(ref, context());
  if (amount > 0n) {
    const credit = { creditId: 'grant', amount: money(amount), source: 'opening', note: null } as const;
    await wallets.credit(ref, context(), credit);
  }
}

/** Without a pause between its pieces. */
export function wholeSnapshot(state: WalletState): JsonObject | null {
  const steps = walletSnapshot(state);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}
