import { closeSync, openSync, writeSync } from 'node:fs';

/** What a request was about, as it is noted before it goes out. */
export interface Asked {
  readonly what: 'send' | 'read' | 'list' | 'balance' | 'credit';
  readonly customer: string;
  readonly mode: 'live' | 'test';
  /** Which application process was asked. */
  readonly base?: string;
  /** Stands in the message's client_reference and in its text: one a wish of the customer, however often it is sent. */
  readonly token?: string;
  readonly key?: string | null;
  /** `other`: this body is not the one that the key was first used with. */
  readonly body?: 'same' | 'other';
  readonly to?: string;
  readonly prefer?: boolean;
  readonly message?: string;
  readonly note?: string;
  readonly kes?: number;
  /** After the last fault, when all is at rest. */
  readonly settled?: boolean;
}

export interface Disturbance {
  readonly kind: 'kill' | 'stall' | 'restart' | 'provider';
  readonly victim: string;
  readonly from: number;
  /** When it served again. */
  readonly to: number;
  readonly detail?: string;
}

/**
 * The customers' own account of the run, a JSON object a line, written before each request and after each answer: what
 * the checker holds the log against. Times are milliseconds since 1970.
 */
export class Journal {
  private readonly file: number;
  private next = 1;

  constructor(readonly path: string) {
    this.file = openSync(path, 'wx');
  }

  /** @returns the number under which the answer is noted. */
  ask(asked: Asked): number {
    const n = this.next++;
    this.write({ t: 'ask', n, at: Date.now(), ...asked });
    return n;
  }

  answer(n: number, answer: { status: number; replayed?: boolean; request?: string; body?: unknown }): void {
    this.write({ t: 'answer', n, at: Date.now(), ...answer });
  }

  /** No answer came: the connection broke, or nobody was there. */
  broken(n: number, error: string): void {
    this.write({ t: 'broken', n, at: Date.now(), error });
  }

  fault(disturbance: Disturbance): void {
    this.write({ t: 'fault', ...disturbance });
  }

  close(): void {
    closeSync(this.file);
  }

  private write(line: object): void {
    writeSync(this.file, `${JSON.stringify(line)}\n`);
  }
}
