import { Option, type Command } from 'commander';
import { AssignInboundNumber } from '../application/inbound/assign-inbound-number';
import { DiscardParkedText } from '../application/inbound/discard-parked-text';
import { ReleaseInboundNumber } from '../application/inbound/release-inbound-number';
import type { ParkedText } from '../application/ports/parked-texts';
import { addressOf } from '../domain/inbound/address';
import { DomainError } from '../domain/shared/domain-error';
import type { Mode } from '../domain/shared/event';
import { assignedNumbers } from '../projections/inbound-numbers/inbound-numbers.reader';
import { Application } from './application';
import { idOf, uuid, wholeNumber } from './arguments';
import { print, table, type OutputOptions } from './output';

interface NumberOptions extends OutputOptions {
  readonly customer: string;
  readonly keyword?: string;
}

interface AssignOptions extends NumberOptions {
  readonly mode: Mode;
  readonly sender: readonly string[];
}

export function addInboundCommands(program: Command): void {
  const number = program
    .command('inbound-number')
    .description('whose the short codes and numbers are that people write to');
  number
    .command('assign')
    .description('texts to it are this customer’s; again, with other senders or another mode, it changes them')
    .argument('<number>', 'a short code, or a number in E.164')
    .requiredOption('--customer <customer_id>', 'whose it is', idOf('cus'))
    .option('--keyword <word>', 'only texts that begin with it: the number is shared')
    .option(
      '--sender <sender>',
      'meant by a STOP to it (may be repeated); left out: all of the customer’s',
      collect,
      [],
    )
    .addOption(new Option('--mode <mode>', 'whose keys read it').choices(['live', 'test']).default('live'))
    .option('--json', 'print JSON')
    .action((given: string, options: AssignOptions) =>
      Application.with(async (app) => {
        const { customer: customerId, mode, sender: senders } = options;
        const keyword = options.keyword ?? null;
        const wish = { number: given, keyword, customerId, mode, senders };
        const { number: assigned, changed } = await app.commands.execute(new AssignInboundNumber(app.origin, wish));
        const parked = (await app.parkedTexts.list(assigned, 1_000)).length;
        print({ number: assigned, keyword, customer_id: customerId, mode, senders, changed, parked }, options, () =>
          [
            `${assigned} is ${customerId}’s${changed ? '' : ', as before'}.`,
            ...(parked > 0 ? [`${parked} texts to it are parked: inbound parked let-go --number ${assigned}`] : []),
          ].join('\n'),
        );
      }),
    );
  number
    .command('release')
    .description('texts to it are nobody’s, and parked')
    .argument('<number>', 'as it was assigned')
    .requiredOption('--customer <customer_id>', 'whose it is', idOf('cus'))
    .option('--keyword <word>', 'where a keyword was assigned')
    .option('--json', 'print JSON')
    .action((given: string, options: NumberOptions) =>
      Application.with(async (app) => {
        const { customer } = options;
        const keyword = options.keyword ?? null;
        const command = new ReleaseInboundNumber(app.origin, customer, given, keyword);
        const { number: released, changed } = await app.commands.execute(command);
        const said = `${released} is not ${customer}’s any more${changed ? '' : ', as before'}.`;
        print({ number: released, keyword, changed }, options, () => said);
      }),
    );
  number
    .command('list')
    .description('which are assigned')
    .option('--customer <customer_id>', 'only this customer’s', idOf('cus'))
    .option('--json', 'print JSON')
    .action((options: OutputOptions & { customer?: string }) =>
      Application.with(async (app) => {
        print(await assignedNumbers(app.database, options.customer ?? null), options, (numbers) =>
          table(
            ['number', 'keyword', 'customer', 'mode', 'senders', 'since'],
            numbers.map((one) => [
              ...[one.number, one.keyword, one.customer_id, one.mode],
              ...[one.senders.join(', ') || 'all', one.assigned_at],
            ]),
          ),
        );
      }),
    );
  addParkedCommands(program);
}

function addParkedCommands(program: Command): void {
  const parked = program
    .command('inbound')
    .description('what people write')
    .command('parked')
    .description('texts to numbers that are nobody’s');
  parked
    .command('list')
    .description('oldest first')
    .option('--number <number>', 'only what was sent to it')
    .option('--limit <n>', 'at most', wholeNumber, 100)
    .option('--json', 'print JSON')
    .action((options: OutputOptions & { number?: string; limit: number }) =>
      Application.with(async (app) => {
        const texts = await app.parkedTexts.list(options.number ? addressed(options.number) : null, options.limit);
        print(texts.map(shown), options, (rows) =>
          table(
            ['text', 'number', 'from', 'received', 'provider', 'body'],
            rows.map((row) => [row.text_id, row.number, row.from, row.received_at, row.provider, row.body]),
          ),
        );
      }),
    );
  parked
    .command('let-go')
    .description('looks at them again: what is somebody’s by now becomes a message, the rest is parked anew')
    .argument('[text_id]', 'one of them', uuid)
    .option('--number <number>', 'all that were sent to it')
    .option('--json', 'print JSON')
    .action((id: string | undefined, options: OutputOptions & { number?: string }) =>
      Application.with(async (app) => {
        const count = await app.parkedTexts.letGo(which(id, options.number));
        print({ let_go: count }, options, () => `${count} texts are looked at again.`);
      }),
    );
  parked
    .command('discard')
    .description('does away with one; the note is mandatory, and stays in the log')
    .argument('<text_id>', 'which', uuid)
    .requiredOption('--note <note>', 'why, without personal data')
    .option('--json', 'print JSON')
    .action((id: string, options: OutputOptions & { note: string }) =>
      Application.with(async (app) => {
        await app.commands.execute(new DiscardParkedText(app.origin, id, options.note));
        print({ text_id: id, discarded: true }, options, () => `${id} is discarded.`);
      }),
    );
}

const shown = ({ id, number, provider, receivedAt, from, text }: ParkedText) => ({
  text_id: id,
  number,
  from,
  body: text,
  provider,
  received_at: receivedAt,
});

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** In the one form that texts are parked under. */
const addressed = (number: string): string => addressOf(number) ?? number;

/** @throws DomainError validation_failed */
function which(id: string | undefined, number: string | undefined): { id: string } | { number: string } {
  if (id !== undefined && number === undefined) return { id };
  if (number !== undefined && id === undefined) return { number: addressed(number) };
  throw new DomainError('validation_failed', 'Name one: a text by its id, or --number NUMBER.');
}
