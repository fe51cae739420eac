import { createServer, PDU, type Session } from 'smpp';
import type { ProviderConfig } from '../../config';
import type { Courier } from '../../engine/courier';
import type { Handsets, InboundCarrier } from '../../engine/handsets';
import { FaultSelector } from '../../faults/selection';
import type { FaultSettings } from '../../faults/settings';
import type { OutgoingRequest } from '../../store/owed-store';
import { Listener } from '../listener';
import type { ProviderCounters, SimulatedProvider } from '../simulated-provider';
import { MessageCentre } from './centre';
import * as wire from './wire';

const DELIVERY_TIMEOUT_MS = 10_000;
/** An answer longer than any unit may be. */
const OVERSIZE_HEADER = Buffer.from([0x00, 0xa0, 0x00, 0x00]);
const PAGE = Buffer.from('HTTP/1.1 400 Bad Request\r\ncontent-type: text/html\r\n\r\n<h1>Bad Request</h1>', 'latin1');

/**
 * A simulated message centre, SMPP 3.4 over TCP. Codes for the switch `errors`: the `command_status` of an answer, decimal
 * or as `0x58`. `503` answers that the system is in error, `retry_after_s` that it is too much; `error_in_200` takes nothing
 * and gives no id, `html` and `oversize` answer with what is no unit of the protocol.
 */
export class SmppProvider implements SimulatedProvider, Courier {
  readonly counters: ProviderCounters = { requests: 0, accepted: 0, reports: 0 };
  readonly courier: Courier = this;
  private readonly selector = new FaultSelector();
  private readonly listener: Listener;
  private readonly centre: MessageCentre;
  /** Bound sessions; what is owed goes over the newest. */
  private readonly bound = new Set<Session>();

  constructor(
    readonly config: ProviderConfig,
    handsets: Handsets,
    host: string,
    private readonly onChange: () => void,
  ) {
    this.centre = new MessageCentre(config, handsets);
    const server = createServer({}, (session) => this.opened(session));
    this.listener = new Listener(server, host, config.port, () => this.settings);
  }

  get port(): number {
    return this.listener.port;
  }

  get settings(): FaultSettings {
    return this.selector.settings;
  }

  start(): Promise<void> {
    return this.listener.listen();
  }

  /** As a courier it has nothing of its own to stop; as a provider it is stopped by the listener, which may come twice. */
  stop(): Promise<void> {
    return this.listener.stop(() => {
      for (const session of this.bound) session.close();
    });
  }

  change(settings: FaultSettings): Promise<void> {
    return this.listener.change(settings, () => {
      this.selector.change(settings);
      this.onChange();
    });
  }

  knowsCode(code: string | number): boolean {
    return statusOf(code) !== null;
  }

  inboundCarrier(): InboundCarrier {
    return { provider: this.config, writeInbound: wire.writeInbound };
  }

  /** Over a bound session; there being none is an attempt that failed. */
  send({ body }: OutgoingRequest): Promise<boolean> {
    const session = [...this.bound].at(-1);
    if (session === undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      const pdu = new PDU('deliver_sm', wire.readDelivery(body));
      const end = (confirmed: boolean): void => {
        clearTimeout(timer);
        session.off('deliver_sm_resp', answered);
        session.off('close', closed);
        resolve(confirmed);
      };
      const answered = (answer: PDU): void => {
        if (answer.sequence_number === pdu.sequence_number) end(answer.command_status === wire.STATUS.ok);
      };
      const closed = (): void => end(false);
      const timer = setTimeout(end, DELIVERY_TIMEOUT_MS, false);
      session.on('deliver_sm_resp', answered);
      session.on('close', closed);
      if (!session.send(pdu)) end(false);
    });
  }

  private opened(session: Session): void {
    // A caller that breaks off is ordinary, and one that speaks something else is cut.
    session.on('error', () => session.destroy());
    session.on('close', () => this.bound.delete(session));
    session.setMaxListeners(0);
    session.socket.setNoDelay(true);
    session.on('bind_transceiver', (pdu: PDU) => this.bind(session, pdu));
    session.on('enquire_link', (pdu: PDU) => session.send(pdu.response()));
    session.on('submit_sm', (pdu: PDU) => {
      this.submit(session, pdu).catch((error: unknown) => {
        process.stderr.write(`sandbox: ${this.config.name}: ${error instanceof Error ? error.stack : String(error)}\n`);
        session.send(pdu.response({ command_status: wire.STATUS.systemError }));
      });
    });
    session.on('unbind', (pdu: PDU) => {
      this.bound.delete(session);
      session.send(pdu.response());
      session.close();
    });
    session.on('unknown', (pdu: PDU) => session.send(pdu.response()));
  }

  private bind(session: Session, pdu: PDU): void {
    const { username, api_key: password } = this.config;
    const status =
      pdu['system_id'] !== username
        ? wire.STATUS.invalidSystemId
        : pdu['password'] !== password
          ? wire.STATUS.invalidPassword
          : wire.STATUS.ok;
    if (status !== wire.STATUS.ok) {
      session.send(pdu.response({ command_status: status }));
      session.close();
      return;
    }
    session.send(pdu.response({ system_id: 'SANDBOX' }));
    this.bound.add(session);
  }

  private async submit(session: Session, pdu: PDU): Promise<void> {
    this.counters.requests += 1;
    this.onChange();
    const settings = this.selector.next();
    if (settings.outage === 'reset') {
      session.socket.resetAndDestroy();
      return;
    }
    if (settings.latency_ms > 0 && !(await this.listener.wait(settings.latency_ms))) return;
    if (settings.hang === 'before_accept' || this.garbled(session, pdu, settings)) return;
    const submission = wire.readSubmission(pdu);
    const status = this.cannedStatus(session, settings, submission?.from ?? '');
    if (status !== null || submission === null) {
      session.send(pdu.response({ command_status: status ?? wire.STATUS.invalidDestination }));
      return;
    }
    const taken = await this.centre.submit(submission, settings);
    if ('status' in taken) {
      session.send(pdu.response({ command_status: taken.status }));
      return;
    }
    this.counters.accepted += 1;
    this.onChange();
    if (taken.answered && settings.hang !== 'after_accept') session.send(pdu.response({ message_id: taken.messageId }));
  }

  /** Statuses that take no message. */
  private cannedStatus(session: Session, settings: FaultSettings, from: string): number | null {
    if (!this.bound.has(session)) return wire.STATUS.notBound;
    if (settings.outage === '503') return wire.STATUS.systemError;
    if (settings.retry_after_s !== null && settings.errors.length === 0) return wire.STATUS.throttled;
    const error = this.selector.nextError(settings, from);
    return error === null ? null : statusOf(error.code);
  }

  /** Answers that are not what the protocol says. True: that was the answer. */
  private garbled(session: Session, pdu: PDU, { answer }: FaultSettings): boolean {
    if (answer === 'error_in_200') session.send(pdu.response({ message_id: '' }));
    if (answer === 'html') session.socket.write(PAGE);
    if (answer === 'oversize') session.socket.write(OVERSIZE_HEADER);
    return answer !== 'normal';
  }
}

function statusOf(code: string | number): number | null {
  const text = String(code);
  const status = /^0x[0-9a-f]{1,4}$/i.test(text) || /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return status > 0 && status <= 0xffff ? status : null;
}
