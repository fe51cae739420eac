import { readFileSync } from 'node:fs';

/** A request of the load, with its answer if there was one. Times: milliseconds since 1970. */
export interface Call {
  readonly n: number;
  readonly askedAt: number;
  readonly what: 'send' | 'read' | 'list' | 'balance' | 'credit';
  readonly customer: string;
  readonly mode: string;
  readonly token: string;
  readonly key: string | null;
  readonly otherBody: boolean;
  readonly to: string;
  readonly prefer: boolean;
  readonly message: string;
  readonly note: string;
  readonly kes: number;
  readonly settled: boolean;
  answer: Answer | null;
}

export interface Answer {
  readonly at: number;
  readonly status: number;
  readonly replayed: boolean;
  readonly request: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Fault {
  readonly kind: 'kill' | 'stall' | 'restart' | 'provider';
  readonly victim: string;
  readonly from: number;
  readonly to: number;
  /** The switch of a simulated provider, as JSON; empty of other faults. */
  readonly detail: string;
}

export interface LoadJournal {
  readonly calls: readonly Call[];
  readonly faults: readonly Fault[];
}

/** Reads the file that the load wrote. A last line that was cut off counts as never written. */
export function readJournal(path: string): LoadJournal {
  const calls = new Map<number, Call>();
  const faults: Fault[] = [];
  const lines = readFileSync(path, 'utf8').split('\n');
  for (const line of lines.slice(0, -1)) {
    const entry = JSON.parse(line) as Record<string, unknown>;
    const n = Number(entry['n']);
    if (entry['t'] === 'ask') calls.set(n, callOf(n, entry));
    else if (entry['t'] === 'answer') calls.get(n)!.answer = answerOf(entry);
    else if (entry['t'] === 'fault') faults.push(faultOf(entry));
  }
  return { calls: [...calls.values()], faults };
}

const word = (value: unknown): string => (typeof value === 'string' ? value : '');

function callOf(n: number, entry: Record<string, unknown>): Call {
  return {
    n,
    askedAt: Number(entry['at']),
    what: entry['what'] as Call['what'],
    customer: word(entry['customer']),
    mode: word(entry['mode']),
    token: word(entry['token']),
    key: typeof entry['key'] === 'string' ? entry['key'] : null,
    otherBody: entry['body'] === 'other',
    to: word(entry['to']),
    prefer: entry['prefer'] === true,
    message: word(entry['message']),
    note: word(entry['note']),
    kes: Number(entry['kes'] ?? 0),
    settled: entry['settled'] === true,
    answer: null,
  };
}

function answerOf(entry: Record<string, unknown>): Answer {
  return {
    at: Number(entry['at']),
    status: Number(entry['status']),
    replayed: entry['replayed'] === true,
    request: word(entry['request']),
    body: (entry['body'] ?? {}) as Record<string, unknown>,
  };
}

function faultOf(entry: Record<string, unknown>): Fault {
  const { kind, victim, from, to, detail } = entry;
  const of = { kind: kind as Fault['kind'], victim: word(victim), from: Number(from), to: Number(to) };
  return { ...of, detail: word(detail) };
}
