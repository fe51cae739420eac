import { connect, PDU, type Session } from 'smpp';
import { NOT_BOUND, ROK, TEMPORARY_APP_ERROR } from './codes';
import { PassingMap } from '../../../domain/shared/passing-map';

export interface SessionSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly systemId: string;
  readonly password: string;
  readonly systemType: string;
  readonly enquireLinkMs: number;
  /** Of the connection, and of each answer to a bind or an enquiry. */
  readonly answerWithinMs: number;
}

/** What became of one request of ours. */
export type Reply =
  | { readonly kind: 'answer'; readonly pdu: PDU }
  /** Nothing of it was written. */
  | { readonly kind: 'not_sent'; readonly code: string }
  /** It was written, and no answer came. */
  | { readonly kind: 'no_answer'; readonly code: string };

export type BindResult =
  | { readonly kind: 'bound'; readonly session: SmppSession }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'failed'; readonly code: string };

/** Durable when it returns; a rejection has the provider send it again. */
export type OnDelivery = (pdu: PDU) => Promise<void>;

const INTERFACE_VERSION = 0x34;
/** Deliveries in hand; more are left with the provider until some are done. */
const MOST_DELIVERIES = 256;
const CONNECT_CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  ETIMEDOUT: 'connect_timeout',
  ENOTFOUND: 'name_not_resolved',
  EAI_AGAIN: 'name_not_resolved',
  EHOSTUNREACH: 'host_unreachable',
  ENETUNREACH: 'host_unreachable',
};

/**
 * One bound connection. The package neither times answers nor tells that a connection took them along, so requests are
 * kept here until their answer, their deadline or the end of the connection. Whatever is wrong ends it: a stream that has
 * lost its frame cannot be read again.
 */
export class SmppSession {
  private readonly pending = new PassingMap<number, (reply: Reply) => void>();
  private readonly whenClosed: (() => void)[] = [];
  private outbox: (() => void)[] = [];
  private deliveries = 0;
  private enquiry: NodeJS.Timeout | null = null;
  private failure: string | null = null;
  private closed = false;

  private constructor(
    private readonly session: Session,
    private readonly settings: SessionSettings,
    private readonly onDelivery: OnDelivery,
  ) {
    session.on('error', (error: unknown) => this.end(codeOfError(error)));
    session.on('close', () => this.gone());
    session.on('pdu', (pdu: PDU) => this.received(pdu));
  }

  /** Connects and binds as a transceiver. Never rejects. */
  static async bind(settings: SessionSettings, onDelivery: OnDelivery): Promise<BindResult> {
    const { host, port, tls, systemId, password, systemType, answerWithinMs } = settings;
    const session = connect({ host, port, tls, ...(tls ? { servername: host } : {}) });
    // Each unit waits for nothing but its own answer: held back until an earlier one is acknowledged it takes 40 ms more.
    session.socket.setNoDelay(true);
    const bound = new SmppSession(session, settings, onDelivery);
    const connected = await bound.connected(tls ? 'secureConnect' : 'connect');
    if (connected !== null) return { kind: 'failed', code: connected };
    const fields = { system_id: systemId, password, system_type: systemType, interface_version: INTERFACE_VERSION };
    const reply = await bound.request('bind_transceiver', fields, answerWithinMs);
    if (reply.kind === 'answer' && reply.pdu.command_status === ROK) {
      bound.enquire();
      return { kind: 'bound', session: bound };
    }
    bound.end('not_bound');
    if (reply.kind !== 'answer') return { kind: 'failed', code: bound.failure ?? reply.code };
    return { kind: 'refused', status: reply.pdu.command_status };
  }

  get isOpen(): boolean {
    return !this.closed && this.failure === null;
  }

  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.whenClosed.push(listener);
  }

  /** Never rejects. */
  request(command: string, fields: Record<string, unknown>, withinMs: number): Promise<Reply> {
    if (!this.isOpen) return Promise.resolve({ kind: 'not_sent', code: this.failure ?? 'connection_lost' });
    return new Promise((resolve, reject) => {
      const pdu = new PDU(command, fields);
      let written = false;
      let ended = false;
      const end = (reply: Reply): void => {
        ended = true;
        clearTimeout(timer);
        this.pending.delete(pdu.sequence_number);
        resolve(reply);
      };
      const timer = setTimeout(() => {
        if (written) end({ kind: 'no_answer', code: 'no_answer_in_time' });
        else end({ kind: 'not_sent', code: 'not_written_in_time' });
      }, withinMs);
      this.post(() => {
        if (ended) return;
        try {
          written = this.isOpen && this.session.send(pdu);
        } catch (error) {
          // What does not fit into the protocol is thrown before a byte of it is written.
          if (error instanceof RangeError || error instanceof TypeError)
            end({ kind: 'not_sent', code: 'not_writable' });
          else reject(error);
          return;
        }
        if (written) this.pending.set(pdu.sequence_number, end);
        else {
          this.end('connection_lost');
          end({ kind: 'not_sent', code: this.failure ?? 'connection_lost' });
        }
      });
    });
  }

  /** Takes leave, and cuts the connection where that is not answered. */
  async unbind(withinMs: number): Promise<void> {
    await this.request('unbind', {}, withinMs);
    this.end('unbound');
  }

  end(code: string): void {
    if (this.failure !== null || this.closed) return;
    this.failure = code;
    this.session.destroy();
  }

  /** What comes up in one turn of the event loop leaves in one piece: each write would be a call of the system. */
  private post(write: () => void): void {
    if (this.outbox.push(write) > 1) return;
    setImmediate(() => {
      const { socket } = this.session;
      const writes = this.outbox;
      this.outbox = [];
      socket.cork();
      for (const one of writes) one();
      socket.uncork();
    });
  }

  private connected(event: 'connect' | 'secureConnect'): Promise<string | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end('connect_timeout'), this.settings.answerWithinMs);
      this.session.once(event, () => {
        clearTimeout(timer);
        resolve(null);
      });
      this.onClose(() => {
        clearTimeout(timer);
        resolve(this.failure ?? 'connection_lost');
      });
    });
  }

  private gone(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.enquiry !== null) clearInterval(this.enquiry);
    for (const end of [...this.pending.values()]) end({ kind: 'no_answer', code: 'connection_lost' });
    for (const listener of this.whenClosed) listener();
  }

  private enquire(): void {
    const { enquireLinkMs, answerWithinMs } = this.settings;
    this.enquiry = setInterval(() => {
      void this.request('enquire_link', {}, Math.min(enquireLinkMs, answerWithinMs)).then((reply) => {
        if (reply.kind !== 'answer') this.end('link_dead');
      });
    }, enquireLinkMs);
  }

  private received(pdu: PDU): void {
    if (pdu.isResponse()) {
      if (NOT_BOUND.has(pdu.command_status)) setImmediate(() => this.end('not_bound'));
      this.pending.get(pdu.sequence_number)?.({ kind: 'answer', pdu });
    } else if (pdu.command === 'deliver_sm') void this.deliver(pdu);
    else if (pdu.command === 'unbind') {
      this.session.send(pdu.response());
      this.session.close();
    } else if (pdu.command === 'enquire_link' || pdu.command === 'unknown') this.session.send(pdu.response());
  }

  private async deliver(pdu: PDU): Promise<void> {
    this.deliveries += 1;
    if (this.deliveries >= MOST_DELIVERIES) this.session.pause();
    const kept = await this.onDelivery(pdu).then(
      () => true,
      () => false,
    );
    this.deliveries -= 1;
    if (this.deliveries === MOST_DELIVERIES - 1) this.session.resume();
    const response = pdu.response(kept ? {} : { command_status: TEMPORARY_APP_ERROR });
    this.post(() => void (this.isOpen && this.session.send(response)));
  }
}

function codeOfError(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return (
    CONNECT_CODES[code] ??
    (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code) ? 'tls_error' : 'connection_lost')
  );
}
