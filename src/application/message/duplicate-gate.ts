import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '../../domain/shared/domain-error';
import { ADMISSION, type Admission, type AdmissionControl, type AdmissionRequest } from '../ports/admission';
import { CLOCK, type Clock } from '../ports/clock';
import type { AcceptedMessage } from './accepted-message';
import { PassingMap } from '../../domain/shared/passing-map';

const WAIT_AT_MOST_MS = 5_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 250;

/** `Response`: what was kept of the first request's answer. */
export type Entry<Response = AcceptedMessage> =
  Extract<Admission, { kind: 'admitted' | 'rate_limited' }> | { readonly kind: 'replay'; readonly response: Response };

interface Running {
  readonly request: AdmissionRequest;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

/**
 * Lets one request of an Idempotency-Key through at a time. Later ones wait for it: in this process by its promise, in
 * others by asking again.
 */
@Injectable()
export class DuplicateGate {
  private readonly running = new PassingMap<string, Running>();

  constructor(
    @Inject(ADMISSION) private readonly admission: AdmissionControl,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Whoever is admitted must `leave`.
   * @throws DomainError in_progress after 5 s, idempotency_key_reused, unavailable
   */
  async enter<Response = AcceptedMessage>(request: AdmissionRequest): Promise<Entry<Response>> {
    const deadline = this.clock.monotonicMs() + WAIT_AT_MOST_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const admission = await this.admission.admit(request);
      if (admission.kind === 'replay') return replayOf<Response>(admission);
      if (admission.kind === 'admitted') this.start(request);
      if (admission.kind !== 'pending') return admission;
      const leftMs = deadline - this.clock.monotonicMs();
      if (leftMs <= 0) throw new DomainError('in_progress', 'A request with this Idempotency-Key still runs.', [], 1);
      await this.wait(request, pauseMs, leftMs);
    }
  }

  /** Whoever takes long says now and then that it still runs. */
  keep(request: AdmissionRequest): void {
    if (request.idempotencyKey !== null) void this.admission.keep(request);
  }

  /** With the 202 it is remembered; without one the key is free again. */
  leave(request: AdmissionRequest, response: object | null): void {
    if (request.idempotencyKey === null) return;
    // Not waited for: the store is the judge, and what this process asks next comes behind it on the same connection.
    if (response === null) void this.admission.forget(request);
    else void this.admission.remember(request, JSON.stringify(response));
    const name = nameOf(request);
    const running = this.running.get(name);
    if (running?.request !== request) return;
    this.running.delete(name);
    running.end();
  }

  private start(request: AdmissionRequest): void {
    if (request.idempotencyKey === null) return;
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.running.set(nameOf(request), { request, ended, end });
  }

  private async wait(request: AdmissionRequest, pauseMs: number, leftMs: number): Promise<void> {
    const here = this.running.get(nameOf(request));
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, here === undefined ? Math.min(pauseMs, leftMs) : leftMs);
    });
    await (here === undefined ? pause : Promise.race([here.ended, pause]));
    clearTimeout(timer);
  }
}

const nameOf = ({ customerId, mode, route, idempotencyKey }: AdmissionRequest): string =>
  `${customerId} ${mode} ${route} ${idempotencyKey}`;

function replayOf<Response>({ sameBody, response }: Extract<Admission, { kind: 'replay' }>): Entry<Response> {
  if (!sameBody) {
    throw new DomainError('idempotency_key_reused', 'This Idempotency-Key was used with another request body.');
  }
  const parsed: Response = JSON.parse(response);
  return { kind: 'replay', response: parsed };
}
