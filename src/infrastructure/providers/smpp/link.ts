import type { PDU } from 'smpp';
import type { SmppAccount } from '../../../application/ports/configuration';
import { THROTTLED } from './codes';
import { Pace } from './pace';
import { SmppSession, type BindResult, type OnDelivery, type Reply } from './session';

const CONNECT_WITHIN_MS = 5_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** Binding again and again with a wrong password locks an account. */
const PAUSE_AFTER_REFUSAL_MS = 5_000;
const LONGEST_PAUSE_AFTER_REFUSAL_MS = 60_000;
/** A submission waits for a bind that is as near as this; for a farther one the next tier is better. */
const WORTH_WAITING_MS = 1_000;
const UNBIND_WITHIN_MS = 1_000;

/** What became of one submission. `bind_refused`: the provider does not let us in. `busy`: it never got its turn. */
export type Submitted =
  | Reply
  | { readonly kind: 'bind_refused'; readonly status: number }
  | { readonly kind: 'busy'; readonly code: string; readonly retryAfterSeconds: number | null };

/** One account's connection: bound, paced, and made again with growing pauses when it is lost. */
export class SmppLink {
  private readonly pace: Pace;
  private current: SmppSession | null = null;
  private binding: Promise<BindResult> | null = null;
  private last: Exclude<BindResult, { kind: 'bound' }> = { kind: 'failed', code: 'not_bound' };
  private failures = 0;
  private nextAtMs = 0;
  private timer: NodeJS.Timeout | null = null;
  private wanted = false;
  private stopped = false;

  constructor(
    private readonly account: SmppAccount,
    private readonly deadlineMs: number,
    private readonly onDelivery: OnDelivery,
  ) {
    this.pace = new Pace(account.window, account.messagesPerSecond);
  }

  /** Binds now, and again whenever the connection is lost, so that receipts find their way. */
  open(): void {
    this.wanted = true;
    if (this.current === null && this.binding === null) void this.bind();
  }

  /** Never rejects. `untilMs`: by `performance.now()`. */
  async submit(fields: Record<string, unknown>, untilMs: number): Promise<Submitted> {
    const submitted = await this.attemptToSubmit({ ...fields }, untilMs);
    // The connection was lost before a byte of it was written, perhaps while it waited for its turn: a new one may do.
    const lost = submitted.kind === 'not_sent' && submitted.code === 'connection_lost';
    return lost ? this.attemptToSubmit({ ...fields }, untilMs) : submitted;
  }

  async close(): Promise<void> {
    this.stopped = true;
    this.pace.stop();
    if (this.timer !== null) clearTimeout(this.timer);
    await this.binding;
    await this.current?.unbind(UNBIND_WITHIN_MS);
  }

  private async attemptToSubmit(fields: Record<string, unknown>, untilMs: number): Promise<Submitted> {
    const session = await this.session(untilMs);
    if (!(session instanceof SmppSession)) {
      return session.kind === 'refused'
        ? { kind: 'bind_refused', status: session.status }
        : { kind: 'not_sent', code: session.code };
    }
    const ticket = await this.pace.enter(Math.max(0, (untilMs - performance.now()) / 2));
    if (ticket === null) {
      const pausedMs = this.pace.pausedForMs();
      const retryAfterSeconds = pausedMs > 0 ? Math.ceil(pausedMs / 1000) : null;
      return { kind: 'busy', code: pausedMs > 0 ? 'throttled' : 'window_full', retryAfterSeconds };
    }
    const reply = await session.request('submit_sm', fields, Math.max(1, untilMs - performance.now()));
    ticket.done(verdictOf(reply));
    return reply;
  }

  /** The bound session, or why there is none in time. */
  private async session(untilMs: number): Promise<SmppSession | Exclude<BindResult, { kind: 'bound' }>> {
    if (this.current?.isOpen === true) return this.current;
    if (this.stopped) return this.last;
    const pauseMs = this.nextAtMs - performance.now();
    if (this.binding === null && pauseMs > Math.min(WORTH_WAITING_MS, untilMs - performance.now())) return this.last;
    if (this.binding === null && pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const bound = await Promise.race([this.bind(), expiry(untilMs)]);
    if (bound === null) return { kind: 'failed', code: 'no_connection_in_time' };
    return bound.kind === 'bound' ? bound.session : bound;
  }

  /** One attempt at a time, whoever asks. */
  private bind(): Promise<BindResult> {
    if (this.current?.isOpen === true) return Promise.resolve({ kind: 'bound', session: this.current });
    this.binding ??= this.attempt().finally(() => {
      this.binding = null;
    });
    return this.binding;
  }

  private async attempt(): Promise<BindResult> {
    const { systemId, password, systemType, enquireLinkMs } = this.account;
    const url = new URL(this.account.url);
    const tls = url.protocol === 'ssmpp:';
    const result = await SmppSession.bind(
      {
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: Number(url.port) || (tls ? 3550 : 2775),
        tls,
        systemId,
        password,
        systemType,
        enquireLinkMs,
        answerWithinMs: Math.min(CONNECT_WITHIN_MS, this.deadlineMs),
      },
      this.onDelivery,
    );
    if (result.kind === 'bound') this.bound(result.session);
    else this.failed(result);
    return result;
  }

  private bound(session: SmppSession): void {
    this.failures = 0;
    this.nextAtMs = 0;
    this.current = session;
    session.onClose(() => {
      if (this.current !== session) return;
      this.current = null;
      this.last = { kind: 'failed', code: 'connection_lost' };
      this.again(0);
    });
  }

  private failed(result: Exclude<BindResult, { kind: 'bound' }>): void {
    this.last = result;
    const refused = result.kind === 'refused';
    const [first, longest] = refused
      ? [PAUSE_AFTER_REFUSAL_MS, LONGEST_PAUSE_AFTER_REFUSAL_MS]
      : [FIRST_PAUSE_MS, LONGEST_PAUSE_MS];
    const pauseMs = Math.min(longest, first * 2 ** Math.min(this.failures, 20)) * (0.8 + 0.4 * Math.random());
    this.failures += 1;
    this.again(pauseMs);
  }

  private again(pauseMs: number): void {
    this.nextAtMs = performance.now() + pauseMs;
    if (this.stopped || !this.wanted) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.bind(), pauseMs);
  }
}

function verdictOf(reply: Reply): 'taken' | 'throttled' | 'other' {
  if (reply.kind !== 'answer') return 'other';
  const status: PDU['command_status'] = reply.pdu.command_status;
  return status === 0 ? 'taken' : THROTTLED.has(status) ? 'throttled' : 'other';
}

function expiry(untilMs: number): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, untilMs - performance.now()), null).unref());
}
