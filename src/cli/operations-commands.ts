import type { Command } from 'commander';
import { LiftBlock } from '../application/fraud/lift-block';
import { PlaceBlock } from '../application/fraud/place-block';
import type { BlockTarget } from '../application/fraud/block-target';
import { DomainError } from '../domain/shared/domain-error';
import { standingBlocks } from '../projections/blocks/blocks.reader';
import { Application } from './application';
import { idOf } from './arguments';
import { print, table, type OutputOptions } from './output';

interface TargetOptions extends OutputOptions {
  readonly customer?: string;
  readonly to?: string;
  readonly prefix?: string;
}

/** @throws DomainError validation_failed */
function targetOf({ customer, to, prefix }: TargetOptions): BlockTarget {
  if (prefix !== undefined && customer === undefined && to === undefined) return { kind: 'prefix', digits: prefix };
  if (customer !== undefined && prefix === undefined) {
    return to === undefined
      ? { kind: 'customer', customerId: customer }
      : { kind: 'recipient', customerId: customer, phone: to };
  }
  throw new DomainError(
    'validation_failed',
    'Name one target: --prefix DIGITS, --customer ID, or --customer ID with --to NUMBER.',
  );
}

export function addBlockCommands(program: Command): void {
  const block = program.command('block').description('place, lift and list blocks');
  for (const name of ['place', 'lift'] as const) {
    block
      .command(name)
      .description(name === 'place' ? 'no message passes until it is lifted' : 'the note is mandatory')
      .option('--customer <customer_id>', 'a customer, or with --to one recipient of it', idOf('cus'))
      .option('--to <number>', 'a recipient of that customer')
      .option('--prefix <digits>', 'all numbers that begin so, with the country code')
      .requiredOption('--note <note>', 'why')
      .option('--json', 'print JSON')
      .action((options: TargetOptions & { note: string }) =>
        Application.with(async (app) => {
          const target = targetOf(options);
          if (target.kind !== 'prefix') app.customer(target.customerId);
          const UseCase = name === 'place' ? PlaceBlock : LiftBlock;
          const { subject, changed } = await app.commands.execute(new UseCase(app.origin, target, options.note));
          const said = name === 'place' ? 'is blocked' : 'is not blocked';
          print({ subject, changed }, options, () => `${subject} ${said}${changed ? '' : ', as before'}.`);
        }),
      );
  }
  block
    .command('list')
    .description('blocks that stand')
    .option('--json', 'print JSON')
    .action((options: OutputOptions) =>
      Application.with(async (app) => {
        print(await standingBlocks(app.database), options, (blocks) =>
          table(
            ['subject', 'kind', 'customer', 'placed', 'reason'],
            blocks.map((one) => [one.subject, one.kind, one.customer_id, one.placed_at, one.reason]),
          ),
        );
      }),
    );
}
