import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './accounts';
import { JournalledGateway, type Reply } from '../support/journalled-gateway';
import type { Journal } from '../support/journal';
import type { Random } from '../support/random';

const MIX = { plain: 28, keyed: 28, duplicates: 12, reuse: 4, read: 12, list: 2, balance: 2 } as const;
const PAYERS = { demo: 40, busy: 25, hot: 25, test: 10 } as const;
const DUPLICATES = 4;
/** Numbers with a fate of their own: unknown subscriber, no report, three reports, refused at tier_1, by all, opted out. */
const RESERVED = ['01', '03', '05', '06', '07', '08', '10', '11'];
const RESERVED_SHARE = 0.06;
const PREFER_DELIVERY_SHARE = 0.03;
/** More than the poor wallet can ever pay for. */
const SENDS_TO_SPEND_ALL = 300;
/** How long one wish is tried again. */
const INSIST_FOR_MS = 90_000;
const REMEMBERED = 500;

/** What one customer wants once: a message, under a key or without. */
interface Wish {
  readonly account: Account;
  readonly token: string;
  readonly key: string | null;
  readonly to: string;
  readonly prefer: boolean;
}

/** Customers at work: sends of every kind on several wallets through two processes, and reads, until they are told to stop. */
export class Load {
  private running = true;
  private next = 1;
  private readonly gateways: readonly JournalledGateway[];
  private readonly accepted: { readonly account: Account; readonly message: string }[] = [];
  private readonly kept: Wish[] = [];
  private readonly lanes: Promise<void>[];

  constructor(
    bases: readonly string[],
    private readonly accounts: readonly Account[],
    journal: Journal,
    random: Random,
    options: { readonly lanes: number; readonly pauseMs: number },
  ) {
    this.gateways = bases.map((base) => new JournalledGateway(base, journal));
    this.lanes = Array.from({ length: options.lanes }, (_, lane) =>
      this.lane(random.fork(`lane ${lane}`), options.pauseMs),
    );
  }

  /** No new wishes; resolves when each keyed one has its answer. */
  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.lanes);
  }

  /** Sends from this account until it is refused for want of money, which a slow run might else not come to. */
  async spendAll(account: Account): Promise<void> {
    const [gateway] = this.gateways;
    for (let sends = 0; gateway !== undefined && sends < SENDS_TO_SPEND_ALL; sends++) {
      const reply = await this.send(gateway, this.plainWish(account), false);
      if (reply?.status === 402) return;
    }
  }

  /** A last look at every wallet and some messages, when all is at rest. */
  async lookAround(): Promise<void> {
    const [gateway] = this.gateways;
    if (gateway === undefined) return;
    for (const account of this.accounts) await this.balance(gateway, account, true);
    for (const { account, message } of this.accepted) await this.read(gateway, account, message, true);
  }

  async close(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.close()));
  }

  private async lane(random: Random, pauseMs: number): Promise<void> {
    while (this.running) {
      await this.act(random);
      await delay(random.between(Math.ceil(pauseMs / 4), Math.ceil(pauseMs * 1.75)));
    }
  }

  private async act(random: Random): Promise<void> {
    const gateway = random.pick(this.gateways);
    switch (random.weighted(MIX)) {
      case 'plain':
        await this.send(gateway, this.wish(random, false), false);
        return;
      case 'keyed':
        return this.insist(this.wish(random, true), random);
      case 'duplicates': {
        const wish = this.wish(random, true);
        await Promise.all(Array.from({ length: DUPLICATES }, () => this.insist(wish, random)));
        return;
      }
      case 'reuse':
        if (this.kept.length > 0) await this.send(gateway, random.pick(this.kept), true);
        return;
      case 'read': {
        if (this.accepted.length === 0) return;
        const { account, message } = random.pick(this.accepted);
        await this.read(gateway, account, message, false);
        return;
      }
      case 'list': {
        const { key, customer, mode } = random.pick(this.accounts);
        await gateway.call({ what: 'list', customer, mode }, { key, method: 'GET', path: '/v1/messages?limit=5' });
        return;
      }
      case 'balance':
        await this.balance(gateway, random.pick(this.accounts), false);
    }
  }

  private wish(random: Random, keyed: boolean): Wish {
    const n = this.next++;
    const payer = random.weighted(PAYERS);
    const account = this.accounts.find(({ name }) => name === payer)!;
    const reserved = random.chance(RESERVED_SHARE);
    return {
      account,
      token: `tok-${n}`,
      key: keyed ? `key-${n}` : null,
      to: reserved ? `+2547000001${random.pick(RESERVED)}` : `+25471${String(n).padStart(7, '0')}`,
      prefer: !reserved && random.chance(PREFER_DELIVERY_SHARE),
    };
  }

  private plainWish(account: Account): Wish {
    const n = this.next++;
    return { account, token: `tok-${n}`, key: null, to: `+25471${String(n).padStart(7, '0')}`, prefer: false };
  }

  /** Again until it is known what became of it; each time at whichever process. */
  private async insist(wish: Wish, random: Random): Promise<void> {
    const deadline = performance.now() + INSIST_FOR_MS;
    while (performance.now() < deadline) {
      const reply = await this.send(random.pick(this.gateways), wish, false);
      const again = reply === null || reply.status === 503 || reply.status === 409 || reply.status === 429;
      if (!again) return;
      await delay(random.between(50, 400));
    }
  }

  private async send(gateway: JournalledGateway, wish: Wish, otherBody: boolean): Promise<Reply | null> {
    const { account, token, key, to, prefer } = wish;
    const fields: [string, string][] = [
      ['to', to],
      ['channel', 'sms'],
      ['body', otherBody ? `Something else. ${token}` : `Your order ${token} has shipped.`],
      ['client_reference', token],
    ];
    if (prefer) fields.push(['on_unknown', 'prefer_delivery']);
    // Equal JSON in another order is the same body.
    const ordered = this.next % 2 === 0 ? fields : fields.reverse();
    const reply = await gateway.call(
      {
        what: 'send',
        customer: account.customer,
        mode: account.mode,
        token,
        key,
        to,
        prefer,
        body: otherBody ? 'other' : 'same',
      },
      {
        key: account.key,
        method: 'POST',
        path: '/v1/messages',
        idempotencyKey: key,
        body: JSON.stringify(Object.fromEntries(ordered)),
      },
    );
    if (reply?.status === 202 && !otherBody) this.remember(wish, String(reply.body['message_id']));
    return reply;
  }

  private remember(wish: Wish, message: string): void {
    const place = this.next % REMEMBERED;
    this.accepted[Math.min(place, this.accepted.length)] = { account: wish.account, message };
    if (wish.key !== null) this.kept[Math.min(place, this.kept.length)] = wish;
  }

  private async read(gateway: JournalledGateway, account: Account, message: string, settled: boolean): Promise<void> {
    const { key, customer, mode } = account;
    const path = `/v1/messages/${message}`;
    await gateway.call({ what: 'read', customer, mode, message, settled }, { key, method: 'GET', path });
  }

  private async balance(gateway: JournalledGateway, account: Account, settled: boolean): Promise<void> {
    const { key, customer, mode } = account;
    await gateway.call(
      { what: 'balance', customer, mode, settled },
      { key, method: 'GET', path: '/v1/billing/balance' },
    );
  }
}
