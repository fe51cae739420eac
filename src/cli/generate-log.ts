import { createHash } from 'node:crypto';
import type { EventStore, NewEvent } from '../application/ports/event-store';
import type { MessageEvent, MessageQueued } from '../domain/message/events';
import type { DomainEvent } from '../domain/shared/event';
import type { Sealed } from '../domain/shared/sealed';
import { streams } from '../domain/shared/streams';
import type { WalletEvent } from '../domain/wallet/events';

/** Appends in flight at once. */
const AT_ONCE = 64;
/** Messages whose wallet events go in one append, as the wallet's writer groups them under load. */
const MESSAGES_A_TURN = 40;
const ACTOR = { kind: 'system', id: 'generate-log' } as const;
const PRICE = '8000';

/** What is generated: as a quiet afternoon of that many customers would leave it. */
export interface GeneratedLog {
  /** At least so many events. */
  readonly events: number;
  readonly customers: number;
  /** Told apart from other runs on the same store. */
  readonly seed: string;
}

/**
 * Fills an event log with messages at all ends of life and the money that they cost: for rehearsing a rebuild. What is
 * sealed is sealed under no key, so numbers and bodies read as erased.
 * @returns events written
 */
export async function generateLog(
  store: EventStore,
  { events, customers, seed }: GeneratedLog,
  onProgress: (events: number) => void,
): Promise<number> {
  let written = 0;
  let next = 0;
  const startMs = Date.now();
  const wallets = Array.from({ length: customers }, (_, i) => new Customer(i, seed, startMs));
  const append = async (stream: string, expected: bigint | 'no_stream', batch: readonly NewEvent[]): Promise<void> => {
    await store.append(stream, expected, batch, { deadlineMs: 30_000 });
    written += batch.length;
    onProgress(written);
  };
  await Promise.all(wallets.map((wallet) => wallet.open(append)));
  const lanes = Math.max(1, Math.floor(AT_ONCE / Math.min(AT_ONCE, customers)));
  await Promise.all(
    wallets.map(async (wallet) => {
      while (written < events) {
        const turn = Array.from({ length: MESSAGES_A_TURN }, () => next++);
        await wallet.turn(turn, append, lanes);
      }
    }),
  );
  return written;
}

type Append = (stream: string, expected: bigint | 'no_stream', batch: readonly NewEvent[]) => Promise<void>;

/** One customer's wallet, and the messages that it pays for. */
class Customer {
  private readonly id: string;
  private revision = -1n;
  private sequence = 0;

  constructor(
    index: number,
    private readonly seed: string,
    private readonly startMs: number,
  ) {
    this.id = this.idOf('cus', index);
  }

  async open(append: Append): Promise<void> {
    const credit: WalletEvent = {
      type: 'WalletCredited',
      data: { creditId: this.idOf('txn', 0), amount: '100000000000', source: 'adjustment', note: 'generated' },
    };
    const opened: WalletEvent = { type: 'WalletOpened', data: { customerId: this.id, mode: 'live' } };
    await this.money([opened, credit], append);
  }

  /**
   * Each message's money first, and its whole life in one append: a program that runs beside this finds everything done, so
   * that it neither sends nor settles anything.
   */
  async turn(numbers: readonly number[], append: Append, lanes: number): Promise<void> {
    const lives = numbers.map((n) => ({ n, messageId: this.idOf('msg', n), reservationId: this.idOf('rsv', n) }));
    await this.money(
      lives.map(({ messageId, reservationId }) => ({
        type: 'FundsReserved',
        data: { reservationId, messageId, amount: PRICE },
      })),
      append,
    );
    await this.money(
      lives.map(({ n, messageId, reservationId }): WalletEvent =>
        fateOf(n) === 'expired'
          ? { type: 'FundsReleased', data: { reservationId, messageId, amount: PRICE, reason: 'expired' } }
          : { type: 'WalletDebited', data: { reservationId, messageId, amount: PRICE, released: '0' } },
      ),
      append,
    );
    for (let at = 0; at < lives.length; at += lanes) {
      await Promise.all(
        lives
          .slice(at, at + lanes)
          .map(({ n, messageId, reservationId }) =>
            append(streams.message(messageId), 'no_stream', this.stamped(this.life(n, messageId, reservationId))),
          ),
      );
    }
  }

  private life(n: number, messageId: string, reservationId: string): MessageEvent[] {
    const fate = fateOf(n);
    const attempt = { messageId, attempt: 1, tier: 'tier_1', provider: 'sim_1' } as const;
    const later = new Date(this.startMs + 86_400_000).toISOString();
    const queued: MessageEvent = { type: 'MessageQueued', data: this.queued(n, messageId, reservationId, later) };
    if (fate === 'expired') return [queued, { type: 'MessageExpired', data: { messageId, charge: 'released' } }];
    const startedAt = new Date(this.startMs).toISOString();
    const providerMessageId = `ATXid_${this.seed}${n}`;
    const sent: MessageEvent[] = [
      queued,
      { type: 'DispatchStarted', data: { ...attempt, startedAt, deadlineMs: 10_000 } },
      {
        type: 'MessageDispatched',
        data: {
          ...attempt,
          providerMessageId,
          amount: PRICE,
          providerCost: 'KES 0.4000',
          reportDeadline: later,
          evidence: 'answer',
        },
      },
    ];
    if (fate === 'dispatched') return sent;
    const end: MessageEvent =
      fate === 'delivered'
        ? {
            type: 'MessageDelivered',
            data: { ...attempt, providerMessageId, reportedAt: startedAt, charge: 'charged' },
          }
        : {
            type: 'MessageFailed',
            data: {
              ...attempt,
              code: 'unknown_subscriber',
              reason: 'The number is not in use.',
              permanent: true,
              charge: 'charged',
            },
          };
    return [...sent, end];
  }

  private queued(n: number, messageId: string, reservationId: string, validUntil: string): MessageQueued['data'] {
    const subjectId = this.idOf('sub', n % 5_000);
    const sealed = (length: number): Sealed => ({
      kid: subjectId,
      iv: 'AAAAAAAAAAAAAAAA',
      ct: 'A'.repeat(length),
      tag: 'A'.repeat(22),
    });
    return {
      messageId,
      customerId: this.id,
      mode: 'live',
      channel: 'sms',
      class: 'transactional',
      subjectId,
      to: sealed(18),
      body: sealed(60 + (n % 90)),
      sender: 'WAHT',
      encoding: 'gsm7',
      segments: 1,
      country: 'KE',
      network: null,
      candidates: ['tier_1', 'tier_2'],
      priceListId: this.idOf('prl', 1),
      priceListVersion: 1,
      prices: { tier_1: PRICE, tier_2: '10000' },
      quote: { tier: 'tier_1', amount: PRICE },
      reservationId,
      onUnknown: 'never_twice',
      maxCost: null,
      clientReference: n % 3 === 0 ? `order-${n}` : null,
      batchId: null,
      routing: null,
      risk: null,
      validUntil,
      requestDigest: null,
    };
  }

  private async money(batch: readonly WalletEvent[], append: Append): Promise<void> {
    if (batch.length === 0) return;
    const expected = this.revision < 0n ? 'no_stream' : this.revision;
    await append(streams.wallet(this.id, 'live'), expected, this.stamped(batch));
    this.revision += BigInt(batch.length);
  }

  private stamped(batch: readonly DomainEvent[]): NewEvent[] {
    return batch.map((event) => {
      const id = uuidOf(`${this.seed}/${this.id}/${this.sequence++}`);
      const at = new Date(this.startMs + this.sequence).toISOString();
      return { id, event, metadata: { correlationId: id, causationId: id, customerId: this.id, actor: ACTOR, at } };
    });
  }

  private idOf(prefix: string, n: number): string {
    return `${prefix}_${createHash('sha256').update(`${this.seed}/${prefix}/${n}`).digest('hex').slice(0, 26).toUpperCase()}`;
  }
}

/** Of a hundred messages 86 are delivered, 6 fail, 3 expire, 5 wait for a report. */
function fateOf(n: number): 'delivered' | 'failed' | 'expired' | 'dispatched' {
  const share = (n * 37) % 100;
  if (share < 86) return 'delivered';
  if (share < 92) return 'failed';
  return share < 95 ? 'expired' : 'dispatched';
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
