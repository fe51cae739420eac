import { Agent, request } from 'undici';
import type { OutgoingRequest } from '../store/owed-store';

/** Brings the application what a provider owes it, in the way of that provider. */
export interface Courier {
  /** True once the application has confirmed it. Never rejects. */
  send(request: OutgoingRequest): Promise<boolean>;
  /** Cuts what is under way. */
  stop(): Promise<void>;
}

const CONNECTIONS = 32;
const ATTEMPT_TIMEOUT_MS = 10_000;

/**
 * Posts over kept connections. A configured address wins over the one that the application named in its request, as a
 * proxy before the application would: what is signed is the address that it named.
 */
export class HttpCourier implements Courier {
  private readonly agent = new Agent({ connections: CONNECTIONS, pipelining: 1 });

  constructor(private readonly targets: { reports?: string; inbound?: string; opt_outs?: string }) {}

  async send({ target, url: named, headers, contentType, body }: OutgoingRequest): Promise<boolean> {
    const url = this.targets[target] ?? named;
    if (url === undefined) return false;
    try {
      const response = await request(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': contentType },
        body,
        dispatcher: this.agent,
        headersTimeout: ATTEMPT_TIMEOUT_MS,
        bodyTimeout: ATTEMPT_TIMEOUT_MS,
      });
      await response.body.dump({ limit: 65_536 });
      return response.statusCode >= 200 && response.statusCode < 300;
    } catch {
      // A refused or broken connection is an attempt that failed like any other; the queue schedules the next one.
      return false;
    }
  }

  stop(): Promise<void> {
    return this.agent.destroy();
  }
}
