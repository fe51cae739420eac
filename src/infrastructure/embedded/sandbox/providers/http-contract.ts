import type { IncomingHttpHeaders } from 'node:http';
import type { FaultError, FaultSettings } from '../faults/settings';
import type { InboundCarrier } from '../engine/handsets';

/** One request to a simulated provider, read completely. */
export interface HttpCall {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface HttpReply {
  status: number;
  contentType: string;
  body: string | Buffer;
  headers?: Record<string, string>;
}

/** The switches that hold for one request. */
export interface ActiveFaults {
  settings: FaultSettings;
  /** The error for the next message of this request, or null. @param from its sender. */
  nextError: (from: string) => FaultError | null;
}

/** Messages taken by one call and how it is answered; `never` leaves the caller waiting. */
export interface HttpOutcome {
  accepted: number;
  reply: HttpReply | 'never';
}

/** A wire contract over HTTP. Listening, outages, delays and cut-off answers are the same for all and not its business. */
export interface HttpContract {
  readonly adapter: string;
  /** How an answer of this contract begins; one that is too long begins so too. */
  readonly answerBegins: string;
  /** Handles a call that the switches let through. */
  handle(call: HttpCall, faults: ActiveFaults): Promise<HttpOutcome>;
  /** How the contract says 429. */
  tooManyRequests(): HttpReply;
  /** An error that comes with status 200. */
  errorIn200(call: HttpCall): HttpReply;
  /** Whether `errors` may name this code. */
  knowsCode(code: string | number): boolean;
  /** How a handset's text gets to the application, null when no inbound address is configured. */
  inboundCarrier(): InboundCarrier | null;
}
