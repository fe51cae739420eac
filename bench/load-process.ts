/**
 * The load generator, a process of its own: reads one JSON job on standard input, prints one JSON result.
 * Every request has its own recipient and text, as real traffic has; keys are taken in turn.
 */
import autocannon from 'autocannon';
import { readFileSync } from 'node:fs';
import { messageTo } from './load';

export interface LoadJob {
  readonly url: string;
  readonly keys: readonly string[];
  readonly connections: number;
  readonly durationS: number;
  /** How many different recipients; 0: each request a new one. */
  readonly recipients: number;
  /** Where the numbers begin, so that runs do not meet. 0 to 8 999 999. */
  readonly firstRecipient: number;
}

export interface LoadResult {
  readonly perS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly accepted: number;
  readonly refused: number;
  readonly errors: number;
}

async function run(job: LoadJob): Promise<LoadResult> {
  let n = 0;
  const latenciesMs: number[] = [];
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: job.url,
        connections: job.connections,
        duration: job.durationS,
        requests: [
          {
            method: 'POST',
            path: '/v1/messages',
            setupRequest: (request) => {
              const k = n++;
              const number = job.firstRecipient + (job.recipients > 0 ? k % job.recipients : k);
              return {
                ...request,
                headers: {
                  'content-type': 'application/json',
                  authorization: `Bearer ${job.keys[k % job.keys.length] ?? ''}`,
                },
                body: messageTo(number, k),
              };
            },
          },
        ],
      },
      (error: Error | null, done) => (error ? reject(error) : resolve(done)),
    );
    instance.on('response', (_client, _status, _bytes, responseTimeMs) => latenciesMs.push(responseTimeMs));
  });
  latenciesMs.sort((a, b) => a - b);
  const at = (q: number): number =>
    Number((latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * q))] ?? NaN).toFixed(2));
  return {
    perS: Math.round(result['2xx'] / result.duration),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    accepted: result['2xx'],
    refused: result.non2xx,
    errors: result.errors,
  };
}

run(JSON.parse(readFileSync(0, 'utf8')) as LoadJob).then(
  (result) => process.stdout.write(`${JSON.stringify(result)}\n`),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
