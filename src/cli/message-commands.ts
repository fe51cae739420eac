import type { Command } from 'commander';
import type { MessageView, TimelineEntry } from '../application/ports/message-reads';
import { DomainError } from '../domain/shared/domain-error';
import { Application } from './application';
import { idOf } from './arguments';
import { facts, print, table, type OutputOptions } from './output';
import { addWhyCommand } from './why-command';

export function addMessageCommands(program: Command): void {
  const message = program.command('message').description('what became of a message');
  message
    .command('show')
    .argument('<message_id>', 'message', idOf('msg'))
    .option('--json', 'print JSON')
    .action((messageId: string, options: OutputOptions) =>
      Application.with(async (app) => {
        const { customerId, mode } = await app.ownerOf(messageId);
        print(found(await app.messages.find(customerId, mode, messageId)), options, (view) => messageText(view));
      }),
    );
  message
    .command('timeline')
    .argument('<message_id>', 'message', idOf('msg'))
    .option('--json', 'print JSON')
    .action((messageId: string, options: OutputOptions) =>
      Application.with(async (app) => {
        const { customerId, mode } = await app.ownerOf(messageId);
        print(found(await app.messages.timeline(customerId, mode, messageId)), options, (entries) =>
          table(
            ['#', 'at', 'type', 'details'],
            entries.map((entry) => [entry.sequence, entry.at, entry.type, detailsOf(entry)]),
          ),
        );
      }),
    );
  addWhyCommand(message);
}

function found<T>(value: T | null): T {
  if (value === null) throw new DomainError('not_found', 'There is no such message.');
  return value;
}

const messageText = (view: MessageView): string =>
  facts(
    Object.entries(view).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '–'),
    ]),
  );

function detailsOf(entry: TimelineEntry): string {
  const { type: _type, at: _at, sequence: _sequence, ...details } = entry;
  return Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}
