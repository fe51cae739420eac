import { randomUUID } from 'node:crypto';
import type { ProviderConfig } from '../../config';
import { fateOf, planDelivery, TemporaryRefusals } from '../../engine/fates';
import type { AcceptedMessage, Handsets, InboundCarrier } from '../../engine/handsets';
import { countSegments } from '../../segments';
import type { ActiveFaults, HttpCall, HttpContract, HttpOutcome, HttpReply } from '../http-contract';
import * as wire from './wire';

const SEND_PATH = '/sms/3/messages';
const NUMBER = /^[1-9]\d{6,14}$/;
const HTTP_CODE = /^http-([45]\d\d)$/;
/** Message ids that are remembered, so that the same one is not taken twice. */
const IDS_KEPT = 50_000;

/**
 * Infobip's SMS API v3. Codes for the switch `errors`: the id of a status that refuses (6 to 100; any other is passed on as
 * one that nobody knows), `http-NNN` or 429 for the status of the whole answer.
 */
export class InfobipContract implements HttpContract {
  readonly adapter = 'infobip';
  readonly answerBegins = '{"bulkId":"';
  private readonly temporary = new TemporaryRefusals();
  private readonly taken = new Set<string>();

  constructor(
    private readonly config: ProviderConfig,
    private readonly handsets: Handsets,
  ) {}

  async handle(call: HttpCall, faults: ActiveFaults): Promise<HttpOutcome> {
    if (call.path !== SEND_PATH) return nothing(failed(404, 'Requested URL not found'));
    if (call.method !== 'POST') return nothing(failed(405, 'Request method is not supported'));
    if (call.headers.authorization !== `App ${this.config.api_key}`)
      return nothing(failed(401, 'Invalid login details'));
    const destinations = wire.readSend(call.body);
    if ('property' in destinations) return nothing(failed(400, 'Request cannot be processed', [destinations]));
    return this.send(destinations, faults);
  }

  tooManyRequests(): HttpReply {
    return failed(429, 'Too many requests');
  }

  errorIn200(): HttpReply {
    return { status: 200, contentType: wire.JSON_TYPE, body: wire.errorBody(500, 'Something went wrong') };
  }

  knowsCode(code: string | number): boolean {
    return HTTP_CODE.test(String(code)) || /^\d{1,4}$/.test(String(code));
  }

  inboundCarrier(): InboundCarrier | null {
    return this.config.inbound_url === undefined
      ? null
      : { provider: this.config, writeInbound: (reply) => [wire.writeInbound(reply)] };
  }

  private async send(destinations: readonly wire.Destination[], faults: ActiveFaults): Promise<HttpOutcome> {
    const bulkId = randomUUID();
    const answers: object[] = [];
    const messages: AcceptedMessage[] = [];
    for (const destination of destinations) {
      const error = faults.nextError(destination.sender);
      const whole = error === null ? null : wholeAnswer(String(error.code));
      if (whole !== null) return nothing(whole);
      const messageId = destination.messageId ?? randomUUID();
      const segments = countSegments(destination.text);
      const refused = error === null ? this.refusal(destination, messageId) : Number(error.code);
      answers.push(wire.answered(destination.to, messageId, refused ?? wire.ACCEPTED, segments));
      if (refused === null) messages.push(this.take(destination, { messageId, segments, bulkId }, faults));
    }
    if (messages.length > 0) await this.handsets.accept(messages);
    const accepted = messages.length;
    if (messages.some((message) => !message.plan.answered)) return { accepted, reply: 'never' };
    const body = JSON.stringify({ bulkId, messages: answers });
    return { accepted, reply: { status: 200, contentType: wire.JSON_TYPE, body } };
  }

  /** The id of the status with which it is refused, or null. The same message id is refused however often it comes. */
  private refusal({ to, text }: wire.Destination, messageId: string): number | null {
    if (this.taken.has(messageId)) return wire.DUPLICATE;
    if (!NUMBER.test(to)) return wire.INVALID_DESTINATION;
    const { refusal } = fateOf(`+${to}`, this.config.tier);
    if (refusal === null) return null;
    if (refusal === 'temporary' && !this.temporary.refuses(this.config.name, to, text, Date.now())) return null;
    return wire.REFUSAL_STATUSES[refusal];
  }

  private take(
    destination: wire.Destination,
    { messageId, segments, bulkId }: { messageId: string; segments: number; bulkId: string },
    { settings }: ActiveFaults,
  ): AcceptedMessage {
    this.remember(messageId);
    const to = `+${destination.to}`;
    const reported = {
      destination,
      segments,
      bulkId,
      messageId: settings.report.unknown_id ? randomUUID() : messageId,
    };
    const wanted = destination.reportUrl !== null || this.config.callback_url !== undefined;
    return {
      provider: this.config,
      to,
      from: destination.sender,
      body: destination.text,
      providerMessageId: messageId,
      plan: planDelivery(fateOf(to, this.config.tier), settings.report),
      writeReport: wanted ? (meaning) => wire.writeReport(reported, meaning) : null,
    };
  }

  private remember(messageId: string): void {
    this.taken.add(messageId);
    const oldest = this.taken.size > IDS_KEPT ? this.taken.values().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) this.taken.delete(oldest.value);
  }
}

/** The answer to the whole request that some codes stand for. */
function wholeAnswer(code: string): HttpReply | null {
  const status = code === '429' ? 429 : Number(HTTP_CODE.exec(code)?.[1] ?? 0);
  return status === 0 ? null : failed(status, `Simulated answer with status ${status}`);
}

function nothing(reply: HttpReply): HttpOutcome {
  return { accepted: 0, reply };
}

function failed(status: number, description: string, violations: object[] = []): HttpReply {
  return { status, contentType: wire.JSON_TYPE, body: wire.errorBody(status, description, violations) };
}
