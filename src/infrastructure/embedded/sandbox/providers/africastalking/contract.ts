import { randomUUID } from 'node:crypto';
import type { ProviderConfig } from '../../config';
import { fateOf, planDelivery, TemporaryRefusals } from '../../engine/fates';
import type { AcceptedMessage, Handsets, InboundCarrier } from '../../engine/handsets';
import type { FaultError } from '../../faults/settings';
import type { Reply } from '../../store/inbox-store';
import { countSegments } from '../../segments';
import type { ActiveFaults, HttpCall, HttpContract, HttpOutcome, HttpReply } from '../http-contract';
import * as wire from './wire';

const SEND_PATHS = { legacy: '/version1/messaging', bulk: '/version1/messaging/bulk' } as const;
const BALANCE_PATH = '/version1/user';
const E164 = /^\+[1-9]\d{6,14}$/;
const HTTP_CODE = /^http-([45]\d\d)$/;
const INVALID_SENDER = 'InvalidSenderId';

/**
 * Africa's Talking's two SMS endpoints, which differ in how a send is written. Codes for the switch `errors`: a recipient's `statusCode` (401 to 502; any other
 * of 400 to 999 is passed on as a code nobody knows), `http-NNN` or 429 for the status of the whole answer, and
 * `InvalidSenderId` for the whole-request refusal with an empty list of recipients.
 */
export class AfricasTalkingContract implements HttpContract {
  readonly adapter: string;
  readonly answerBegins = '{"SMSMessageData":{"Message":"';
  private readonly temporary = new TemporaryRefusals();

  constructor(
    private readonly config: ProviderConfig,
    private readonly handsets: Handsets,
    private readonly endpoint: keyof typeof SEND_PATHS,
  ) {
    this.adapter = config.adapter;
  }

  async handle(call: HttpCall, faults: ActiveFaults): Promise<HttpOutcome> {
    if (call.path === BALANCE_PATH && call.method === 'GET') return nothing(this.balance(call));
    if (call.path !== SEND_PATHS[this.endpoint])
      return nothing(plain(404, 'The requested resource could not be found.'));
    if (call.method !== 'POST') return nothing(plain(405, 'HTTP method not allowed, supported methods: POST'));
    const form = this.endpoint === 'legacy' ? wire.readSendForm(call.body) : wire.readSendJson(call.body);
    if ('missing' in form) return nothing(plain(400, `Request is missing required field '${form.missing}'`));
    if (!this.isAuthentic(call, form.username)) return nothing(plain(401, 'The supplied authentication is invalid'));
    return this.send(form, call, faults);
  }

  tooManyRequests(): HttpReply {
    return plain(429, 'Too many requests');
  }

  errorIn200(call: HttpCall): HttpReply {
    const data = { Message: 'Error: the service is temporarily unavailable', Recipients: [] };
    return { status: 200, ...wire.writeAnswer(data, call.headers.accept) };
  }

  knowsCode(code: string | number): boolean {
    return code === INVALID_SENDER || HTTP_CODE.test(String(code)) || /^[4-9]\d\d$/.test(String(code));
  }

  inboundCarrier(): InboundCarrier | null {
    const { inbound_url: inbound, opt_out_url: optOuts } = this.config;
    if (inbound === undefined) return null;
    // Nobody can answer an alphanumeric sender; who dials the code printed below its texts has opted out of it.
    const isOptOut = (reply: Reply): boolean => optOuts !== undefined && wire.isOptOut(reply);
    return {
      provider: this.config,
      writeInbound: (reply) => [isOptOut(reply) ? wire.writeOptOut(reply) : wire.writeInbound(reply)],
    };
  }

  private async send(form: wire.SendForm, call: HttpCall, faults: ActiveFaults): Promise<HttpOutcome> {
    const recipients: wire.RecipientAnswer[] = [];
    const messages: AcceptedMessage[] = [];
    const segments = countSegments(form.message);
    for (const number of form.to) {
      const error = faults.nextError(form.from);
      const whole = error === null ? null : this.wholeAnswer(error, call);
      if (whole !== null) return nothing(whole);
      const code = error === null ? this.refusalCode(number, form.message) : Number(error.code);
      if (code !== null) {
        recipients.push(wire.refused(number, code));
        continue;
      }
      const message = this.take(number, form, faults);
      messages.push(message);
      recipients.push(wire.accepted(number, segments, message.providerMessageId));
    }
    if (messages.length > 0) await this.handsets.accept(messages);
    if (messages.some((message) => !message.plan.answered)) return { accepted: messages.length, reply: 'never' };
    const data = wire.answer(recipients, segments * messages.length);
    return { accepted: messages.length, reply: { status: 201, ...wire.writeAnswer(data, call.headers.accept) } };
  }

  private take(number: string, form: wire.SendForm, { settings }: ActiveFaults): AcceptedMessage {
    const providerMessageId = newMessageId();
    const reportedId = settings.report.unknown_id ? newMessageId() : providerMessageId;
    return {
      provider: this.config,
      to: number,
      from: form.from,
      body: form.message,
      providerMessageId,
      plan: planDelivery(fateOf(number, this.config.tier), settings.report),
      writeReport:
        this.config.callback_url === undefined ? null : (meaning) => wire.writeReport(reportedId, number, meaning),
    };
  }

  /** The code with which this provider refuses the number, or null when it takes the message. */
  private refusalCode(number: string, message: string): number | null {
    if (!E164.test(number)) return 403;
    const { refusal } = fateOf(number, this.config.tier);
    if (refusal === null) return null;
    if (refusal === 'temporary' && !this.temporary.refuses(this.config.name, number, message, Date.now())) return null;
    return wire.REFUSAL_CODES[refusal];
  }

  /** The answer to the whole request that some codes stand for. */
  private wholeAnswer(error: FaultError, call: HttpCall): HttpReply | null {
    const code = String(error.code);
    if (code === INVALID_SENDER)
      return { status: 201, ...wire.writeAnswer({ Message: INVALID_SENDER, Recipients: [] }, call.headers.accept) };
    const status = code === '429' ? 429 : Number(HTTP_CODE.exec(code)?.[1] ?? 0);
    return status === 0 ? null : plain(status, `Simulated answer with status ${status}`);
  }

  private balance(call: HttpCall): HttpReply {
    if (!this.isAuthentic(call, call.query.get('username') ?? ''))
      return plain(401, 'The supplied authentication is invalid');
    const body = JSON.stringify({ UserData: { balance: 'KES 1785.50' } });
    return { status: 200, contentType: 'application/json; charset=utf-8', body };
  }

  private isAuthentic(call: HttpCall, username: string): boolean {
    return call.headers['apikey'] === this.config.api_key && username === this.config.username;
  }
}

function newMessageId(): string {
  return `ATXid_${randomUUID().replaceAll('-', '')}`;
}

function nothing(reply: HttpReply): HttpOutcome {
  return { accepted: 0, reply };
}

function plain(status: number, body: string): HttpReply {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}
