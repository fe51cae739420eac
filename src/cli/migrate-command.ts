import type { Command } from 'commander';
import { readMigrationConfiguration } from '../infrastructure/config/read-configuration';
import { PinoLogger } from '../infrastructure/observability/pino-logger';
import { migrateAsOwner } from '../infrastructure/postgres/open-databases';
import { print, type OutputOptions } from './output';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description(
      'brings the tables up to date as their owner (DATABASE_MIGRATION_URL) and makes the login of DATABASE_URL',
    )
    .option('--json', 'print JSON')
    .action(async (options: OutputOptions) => {
      const logger = PinoLogger.to(process.stderr, 'error');
      const applied = await migrateAsOwner(readMigrationConfiguration(process.env), logger);
      print({ applied }, options, () =>
        applied.length === 0 ? 'The tables are up to date.' : `Applied ${applied.length}: ${applied.join(', ')}.`,
      );
    });
}
