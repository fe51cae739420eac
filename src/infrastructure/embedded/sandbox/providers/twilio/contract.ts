import { randomUUID } from 'node:crypto';
import type { ProviderConfig } from '../../config';
import { fateOf, planDelivery, TemporaryRefusals } from '../../engine/fates';
import type { AcceptedMessage, Handsets, InboundCarrier } from '../../engine/handsets';
import { countSegments } from '../../segments';
import type { ActiveFaults, HttpCall, HttpContract, HttpOutcome, HttpReply } from '../http-contract';
import * as wire from './wire';

const E164 = /^\+[1-9]\d{6,14}$/;
const HTTP_CODE = /^http-([45]\d\d)$/;
const LONGEST_BODY = 1_600;
/** Messages that can be listed. */
const MESSAGES_KEPT = 20_000;
const LISTED_AT_MOST = 50;

/**
 * Twilio's Messages resource: create and list. Codes for the switch `errors`: Twilio's own (five digits; those from 30000
 * come as a message that was created and has failed), `http-NNN` or 429 for an answer without a code.
 */
export class TwilioContract implements HttpContract {
  readonly adapter = 'twilio';
  readonly answerBegins = '{"sid":"';
  private readonly temporary = new TemporaryRefusals();
  private readonly messages: wire.Message[] = [];
  private readonly path: string;

  constructor(
    private readonly config: ProviderConfig,
    private readonly handsets: Handsets,
  ) {
    this.path = `/${wire.API_VERSION}/Accounts/${config.username}/Messages.json`;
  }

  async handle(call: HttpCall, faults: ActiveFaults): Promise<HttpOutcome> {
    if (!this.isAuthentic(call)) return nothing(failed(20003));
    if (call.path !== this.path) return nothing(failed(20404));
    if (call.method === 'GET') return nothing(this.list(call.query));
    if (call.method !== 'POST') return nothing(failed(20004, 405));
    return this.create(new URLSearchParams(call.body), faults);
  }

  tooManyRequests(): HttpReply {
    return failed(20429);
  }

  errorIn200(): HttpReply {
    return { status: 200, contentType: wire.JSON_TYPE, body: wire.errorBody(20500, 500) };
  }

  knowsCode(code: string | number): boolean {
    return HTTP_CODE.test(String(code)) || /^(429|\d{5})$/.test(String(code));
  }

  inboundCarrier(): InboundCarrier | null {
    const { inbound_url: called, inbound_signed_url: signed, username, api_key: authToken } = this.config;
    const url = signed ?? called;
    if (called === undefined || url === undefined) return null;
    const signing = { authToken, badly: false };
    return { provider: this.config, writeInbound: (text) => [wire.writeInbound(text, username, url, signing)] };
  }

  private async create(form: URLSearchParams, faults: ActiveFaults): Promise<HttpOutcome> {
    const [to, from, body] = [form.get('To') ?? '', form.get('From') ?? '', form.get('Body') ?? ''];
    const error = faults.nextError(from);
    if (error !== null) return nothing(this.simulated(String(error.code), to, from, body));
    const code = this.refusal(to, from, body);
    if (code !== null) return nothing(failed(code));
    const message = this.newMessage(to, from, body, form.get('StatusCallback'));
    this.remember(message);
    const taken = this.take(message, faults);
    await this.handsets.accept([taken]);
    return { accepted: 1, reply: taken.plan.answered ? created(wire.resource(message)) : 'never' };
  }

  private refusal(to: string, from: string, body: string): number | null {
    if (from === '') return 21603;
    if (!E164.test(to)) return 21211;
    if (body === '') return 21602;
    if (body.length > LONGEST_BODY) return 21617;
    const { refusal } = fateOf(to, this.config.tier);
    if (refusal === null) return null;
    if (refusal === 'temporary' && !this.temporary.refuses(this.config.name, to, body, Date.now())) return null;
    return wire.REFUSAL_CODES[refusal];
  }

  private simulated(code: string, to: string, from: string, body: string): HttpReply {
    const status = code === '429' ? 429 : Number(HTTP_CODE.exec(code)?.[1] ?? 0);
    if (status !== 0) return { status, contentType: 'text/plain', body: `Simulated answer with status ${status}` };
    if (Number(code) < 30_000) return failed(Number(code));
    return created(wire.resource(this.newMessage(to, from, body, null), Number(code)));
  }

  private newMessage(to: string, from: string, body: string, callback: string | null): wire.Message {
    return {
      sid: newSid(),
      accountSid: this.config.username,
      to,
      from,
      body,
      segments: countSegments(body),
      createdMs: Date.now(),
      statusCallback: callback?.split('#', 1)[0] ?? null,
    };
  }

  private take(message: wire.Message, { settings: { report } }: ActiveFaults): AcceptedMessage {
    const { sid, to, from, body, statusCallback } = message;
    const url = statusCallback ?? this.config.callback_url;
    const named = report.unknown_id ? { ...message, sid: newSid() } : message;
    const signing = { authToken: this.config.api_key, badly: report.bad_signature };
    return {
      provider: this.config,
      to,
      from,
      body,
      providerMessageId: sid,
      plan: planDelivery(fateOf(to, this.config.tier), report),
      writeReport: url === undefined ? null : (meaning) => wire.writeReport(named, url, meaning, signing),
    };
  }

  private remember(message: wire.Message): void {
    this.messages.push(message);
    if (this.messages.length > MESSAGES_KEPT) this.messages.splice(0, MESSAGES_KEPT / 10);
  }

  /** By recipient and first day (UTC), the newest first. */
  private list(query: URLSearchParams): HttpReply {
    const [to, since] = [query.get('To'), query.get('DateSent>')];
    const sinceMs = since === null ? 0 : Date.parse(since);
    const found: object[] = [];
    for (let index = this.messages.length - 1; index >= 0 && found.length < LISTED_AT_MOST; index -= 1) {
      const message = this.messages[index];
      if (message === undefined || message.createdMs < sinceMs) break;
      if (to === null || message.to === to) found.push(wire.resource(message));
    }
    const body = JSON.stringify({ messages: found, page: 0, page_size: LISTED_AT_MOST, next_page_uri: null });
    return { status: 200, contentType: wire.JSON_TYPE, body };
  }

  private isAuthentic(call: HttpCall): boolean {
    const credentials = Buffer.from(`${this.config.username}:${this.config.api_key}`).toString('base64');
    return call.headers.authorization === `Basic ${credentials}`;
  }
}

function newSid(): string {
  return `SM${randomUUID().replaceAll('-', '')}`;
}

function nothing(reply: HttpReply): HttpOutcome {
  return { accepted: 0, reply };
}

function created(resource: object): HttpReply {
  return { status: 201, contentType: wire.JSON_TYPE, body: JSON.stringify(resource) };
}

function failed(code: number, status = wire.httpStatusOf(code)): HttpReply {
  return { status, contentType: wire.JSON_TYPE, body: wire.errorBody(code, status) };
}
