import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../support/journal';
import { JournalledGateway, type Reply } from '../support/journalled-gateway';
import type { ProvisionedCustomer, WantedCustomer } from '../support/provision';

interface Customer {
  readonly name: string;
  readonly customer: string;
  readonly key: string;
}

/** A flow of messages that goes on until it is stopped. */
export interface Flow {
  /** Messages a second from now on. */
  pace(perSecond: number): void;
  /** No new ones; resolves when each has its answer. */
  stop(): Promise<void>;
}

const TICK_MS = 20;
const INSIST_FOR_MS = 60_000;
const AGAIN_AFTER_MS = 300;

/** No answer, or one that asks to come again. */
const isOpen = (reply: Reply | null): boolean => reply === null || [409, 429, 503].includes(reply.status);

/** Customers' programs: each message has a token, which stands in its reference and its text, and a number of its own. */
export class Customers {
  /** So many were sent. */
  sent = 0;
  private readonly gateway: JournalledGateway;
  private readonly all: readonly Customer[];
  private readonly flows = new Set<Flow>();
  private readonly accepted: { readonly customer: Customer; readonly message: string }[] = [];

  constructor(base: string, journal: Journal, wanted: readonly WantedCustomer[], made: readonly ProvisionedCustomer[]) {
    this.gateway = new JournalledGateway(base, journal);
    this.all = wanted.map(({ name }, index) => {
      const { customer_id: customer, live_key: key } = made[index]!;
      return { name, customer, key };
    });
  }

  /** One message, insisted on until it has an answer that says. @param prefix of the recipient's number, `+` and at least five digits. */
  async send(name: string, prefix = '+25471', more: Readonly<Record<string, unknown>> = {}): Promise<Reply | null> {
    const from = this.named(name);
    const n = ++this.sent;
    const token = `tok-${n}`;
    const to = prefix + String(n).padStart(13 - prefix.length, '0');
    const body = JSON.stringify({
      to,
      channel: 'sms',
      body: `Your order ${token} has shipped.`,
      client_reference: token,
      ...more,
    });
    const { customer, key } = from;
    const asked = { what: 'send', customer, mode: 'live', token, key: token, to, prefer: false, body: 'same' } as const;
    const request = { key, method: 'POST', path: '/v1/messages', body, idempotencyKey: token } as const;
    let reply = await this.gateway.call(asked, request);
    for (const deadline = performance.now() + INSIST_FOR_MS; isOpen(reply) && performance.now() < deadline;) {
      await delay(AGAIN_AFTER_MS);
      reply = await this.gateway.call(asked, request);
    }
    if (reply?.status === 202) this.accepted.push({ customer: from, message: String(reply.body['message_id']) });
    return reply;
  }

  /** So many at this pace, one customer after the other; resolves when each has its answer. */
  async sendMany(
    count: number,
    perSecond: number,
    names = this.names(),
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const answers: Promise<unknown>[] = [];
    const began = performance.now();
    for (let n = 0; n < count; n++) {
      const early = began + (1_000 * n) / perSecond - performance.now();
      if (early > 1) await delay(early);
      answers.push(this.send(names[n % names.length]!, undefined, more));
    }
    await Promise.all(answers);
  }

  /** Of these customers in turn, until it is stopped. */
  flow(perSecond: number, names = this.names()): Flow {
    const answers = new Set<Promise<unknown>>();
    let [due, turn, each, last] = [0, 0, perSecond, performance.now()];
    const timer = setInterval(() => {
      const now = performance.now();
      due += ((now - last) / 1_000) * each;
      last = now;
      for (; due >= 1; due -= 1) {
        const answer = this.send(names[turn++ % names.length]!);
        answers.add(answer);
        void answer.finally(() => answers.delete(answer));
      }
    }, TICK_MS);
    const flow: Flow = {
      pace: (faster) => void (each = faster),
      stop: async () => {
        clearInterval(timer);
        this.flows.delete(flow);
        await Promise.all(answers);
      },
    };
    this.flows.add(flow);
    return flow;
  }

  async balance(name: string, settled = false): Promise<{ available_kes: number; reserved_kes: number }> {
    const { customer, key } = this.named(name);
    const asked = { what: 'balance', customer, mode: 'live', settled } as const;
    const reply = await this.gateway.call(asked, { key, method: 'GET', path: '/v1/billing/balance' });
    if (reply?.status !== 200) throw new Error(`the balance of ${name} answered ${reply?.status}`);
    return { available_kes: Number(reply.body['available_kes']), reserved_kes: Number(reply.body['reserved_kes']) };
  }

  /** The message as its customer sees it now. */
  async read(name: string, message: string): Promise<Readonly<Record<string, unknown>>> {
    const { customer, key } = this.named(name);
    const asked = { what: 'read', customer, mode: 'live', message } as const;
    const reply = await this.gateway.call(asked, { key, method: 'GET', path: `/v1/messages/${message}` });
    return reply?.body ?? {};
  }

  /** A last look at every wallet and some messages, when all is at rest. */
  async lookAround(): Promise<void> {
    for (const { name } of this.all) await this.balance(name, true);
    const every = Math.max(1, Math.ceil(this.accepted.length / 100));
    for (const [index, { customer: of, message }] of this.accepted.entries()) {
      if (index % every !== 0) continue;
      const asked = { what: 'read', customer: of.customer, mode: 'live', message, settled: true } as const;
      await this.gateway.call(asked, { key: of.key, method: 'GET', path: `/v1/messages/${message}` });
    }
  }

  names(): string[] {
    return this.all.map(({ name }) => name);
  }

  /** Of whom this customer is in the log. */
  idOf(name: string): string {
    return this.named(name).customer;
  }

  async close(): Promise<void> {
    await Promise.all([...this.flows].map((flow) => flow.stop()));
    await this.gateway.close();
  }

  private named(name: string): Customer {
    const found = this.all.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no customer ${name}`);
    return found;
  }
}
