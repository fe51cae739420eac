import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { DomainError } from '../domain/shared/domain-error';
import { Application } from './application';
import { wholeNumber } from './arguments';
import { generateLog } from './generate-log';
import { print, type OutputOptions } from './output';
import { ProgressBar } from './progress-bar';

interface GenerateOptions extends OutputOptions {
  readonly events: number;
  readonly customers: number;
}

/** For rehearsals: never in production, since what it writes stays in the log for good. */
export function addGenerateCommand(program: Command): void {
  program
    .command('generate-log')
    .description('fills the event log with made-up messages and the money they cost, to rehearse a rebuild with')
    .option('--events <n>', 'at least so many', wholeNumber, 100_000)
    .option('--customers <n>', 'of so many customers', wholeNumber, 32)
    .option('--json', 'print JSON')
    .action(({ events, customers, ...options }: GenerateOptions) =>
      Application.with(async (app) => {
        if (app.configuration.environment === 'production') {
          throw new DomainError(
            'validation_failed',
            'An event log of production is for what happened: this makes it up.',
          );
        }
        if (customers === 0) throw new DomainError('validation_failed', 'It takes at least one customer.');
        const bar = new ProgressBar('Generating');
        const startedAtMs = performance.now();
        const seed = randomBytes(4).toString('hex');
        const written = await generateLog(app.store, { events, customers, seed }, (done) =>
          bar.show({ share: Math.min(0.999, done / events), events: done }),
        );
        bar.show({ share: 1, events: written });
        const seconds = (performance.now() - startedAtMs) / 1_000;
        const result = {
          events: written,
          seconds: Math.round(seconds * 10) / 10,
          per_second: Math.round(written / seconds),
        };
        print(result, options, (one) => `${one.events} events in ${one.seconds} s, ${one.per_second} a second.`);
      }),
    );
}
