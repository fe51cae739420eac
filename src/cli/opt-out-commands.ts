import { Option, type Command } from 'commander';
import { RecordOptIn } from '../application/opt-out/record-opt-in';
import { RecordOptOut } from '../application/opt-out/record-opt-out';
import type { OptOutTarget } from '../application/opt-out/opt-out-stream';
import type { OptOutView } from '../application/ports/opt-out-reads';
import type { Mode } from '../domain/shared/event';
import { Application } from './application';
import { idOf } from './arguments';
import { print, table, type OutputOptions } from './output';

const AT_ONCE = 100;

interface OptOutOptions extends OutputOptions {
  readonly customer: string;
  readonly test?: boolean;
  readonly sender?: string;
}

const modeOf = ({ test }: OptOutOptions): Mode => (test === true ? 'test' : 'live');

const targetOf = (phone: string, options: OptOutOptions): OptOutTarget => ({
  customerId: options.customer,
  mode: modeOf(options),
  phone,
  sender: options.sender ?? null,
  source: 'operator',
});

const forCustomer = (command: Command): Command =>
  command
    .addOption(new Option('--customer <customer_id>', 'whose promotion').argParser(idOf('cus')).makeOptionMandatory())
    .option('--test', 'of test messages')
    .option('--json', 'print JSON');

export function addOptOutCommands(program: Command): void {
  const optOut = program.command('opt-out').description('recipients who want no promotion');
  forCustomer(optOut.command('add'))
    .description('no promotion reaches the recipient any more; what is transactional still goes')
    .argument('<phone>', 'the recipient')
    .option('--sender <sender_id>', 'from this sender only; else from every sender of the customer')
    .action((phone: string, options: OptOutOptions) =>
      Application.with(async (app) => {
        app.customer(options.customer);
        const change = await app.commands.execute(new RecordOptOut(app.origin, targetOf(phone, options)));
        const said = { opt_out_id: change.optOutId, changed: change.changed };
        print(said, options, () => `${change.optOutId} stands${change.changed ? '' : ', as before'}.`);
      }),
    );
  forCustomer(optOut.command('remove'))
    .description('promotion may reach the recipient again')
    .argument('<phone>', 'the recipient')
    .option('--sender <sender_id>', 'the opt-out from this sender; else the one from every sender of the customer')
    .action((phone: string, options: OptOutOptions) =>
      Application.with(async (app) => {
        app.customer(options.customer);
        const change = await app.commands.execute(new RecordOptIn(app.origin, targetOf(phone, options)));
        const said = { opt_out_id: change?.optOutId ?? null, changed: change?.changed ?? false };
        print(said, options, (one) => (one.changed ? `${one.opt_out_id} has ended.` : 'None stood.'));
      }),
    );
  forCustomer(optOut.command('list'))
    .description('opt-outs that stand, newest first')
    .action((options: OptOutOptions) =>
      Application.with(async (app) => {
        app.customer(options.customer);
        print(await allOf(app, options), options, (all) =>
          table(
            ['opt-out', 'phone', 'sender', 'source', 'since'],
            all.map((one) => [one.opt_out_id, one.phone, one.sender_id ?? 'all', one.source, one.created_at]),
          ),
        );
      }),
    );
}

async function allOf(app: Application, options: OptOutOptions): Promise<OptOutView[]> {
  const all: OptOutView[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof app.optOuts.list>> = await app.optOuts.list(
      ...([options.customer, modeOf(options), {}, AT_ONCE, after] as const),
    );
    all.push(...page.data);
    after = page.nextCursor;
  } while (after !== null);
  return all;
}
