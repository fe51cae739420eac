import 'reflect-metadata';
import { Command, CommanderError } from 'commander';
import { DomainError } from '../domain/shared/domain-error';
import { ConfigurationError } from '../infrastructure/config/environment';
import { addAuditCommands } from './audit-commands';
import { addCustomerCommands } from './customer-commands';
import { addDemoCommand } from './demo-command';
import { addGenerateCommand } from './generate-command';
import { addInboundCommands } from './inbound-commands';
import { addKeyCommands, addSenderIdCommands } from './key-commands';
import { addLogCommands } from './log-commands';
import { addMessageCommands } from './message-commands';
import { addMigrateCommand } from './migrate-command';
import { addPriceListCommands, addWalletCommands } from './money-commands';
import { addBlockCommands } from './operations-commands';
import { addOptOutCommands } from './opt-out-commands';
import { addPrivacyCommands } from './privacy-commands';
import { addProjectionCommands } from './projection-commands';
import { addReplayCommand } from './replay-command';
import { addProviderCommands } from './provider-commands';

/** The whole command line. Parsing throws CommanderError instead of ending the process. */
export function commandLine(): Command {
  const program = new Command('waht')
    .description('Provisions customers and looks into the gateway: the same commands as the API, and as audited.')
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)');
  for (const add of [
    addCustomerCommands,
    addKeyCommands,
    addSenderIdCommands,
    addPriceListCommands,
    addWalletCommands,
    addBlockCommands,
    addOptOutCommands,
    addMessageCommands,
    addInboundCommands,
    addProviderCommands,
    addReplayCommand,
    addProjectionCommands,
    addMigrateCommand,
    addAuditCommands,
    addLogCommands,
    addPrivacyCommands,
    addDemoCommand,
    addGenerateCommand,
  ]) {
    add(program);
  }
  return program;
}

/** What went wrong, in one line for a person; bad configuration keeps its list. */
function said(error: unknown): string {
  if (error instanceof DomainError) return error.detail;
  if (error instanceof ConfigurationError) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, ' ').trim();
}

async function main(): Promise<void> {
  try {
    await commandLine().parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said it: help was asked for, or arguments are wrong.
      process.exitCode = error.exitCode;
      return;
    }
    process.stderr.write(`${said(error)}\n`);
    process.exitCode = 1;
  }
}

void main();
