import { Option, type Command } from 'commander';
import { AssignPriceList } from '../application/customer/assign-price-list';
import { PublishPriceList } from '../application/customer/publish-price-list';
import type { PublishedPriceList } from '../domain/customer/state';
import { NETWORKS } from '../domain/message/network';
import { DomainError } from '../domain/shared/domain-error';
import type { Mode } from '../domain/shared/event';
import { parseMoney, toKesNumber, toKesText, type Money, type MoneyString } from '../domain/shared/money';
import { lastStatementLines } from '../projections/statement/statement.reader';
import { Application } from './application';
import { idOf, kesAmount, networkPrices, positiveKesAmount, type PricesByNetwork } from './arguments';
import { facts, print, table, type OutputOptions } from './output';

const RECENT_LINES = 10;

const inKes = (prices: Readonly<Record<string, MoneyString>>): Record<string, number> =>
  Object.fromEntries(Object.entries(prices).map(([tier, price]) => [tier, toKesNumber(parseMoney(price))]));

const shownPriceList = ({ priceListId, version, name, perSegment, networks }: PublishedPriceList) => ({
  price_list_id: priceListId,
  version,
  name,
  per_segment_kes: inKes(perSegment),
  networks: networks.map((one) => ({
    network: one.network,
    name: NETWORKS.get(one.network) ?? null,
    per_segment_kes: inKes(one.perSegment),
  })),
});

const asFacts = (prices: Record<string, number>, of = ''): (readonly [string, string])[] =>
  Object.entries(prices).map(([tier, kes]) => [`${tier}${of}`, `KES ${kes} a segment`]);

function printPriceList(app: Application, priceListId: string, options: OutputOptions): void {
  const list = app.customers.priceList(priceListId);
  if (list === null) throw new DomainError('not_found', `There is no price list ${priceListId}.`);
  print(shownPriceList(list), options, (one) =>
    facts([
      ['price list', one.price_list_id],
      ['name', one.name],
      ['version', one.version],
      ...asFacts(one.per_segment_kes),
      ...one.networks.flatMap(({ network, name, per_segment_kes }) =>
        asFacts(per_segment_kes, `, ${name ?? 'network'} ${network}`),
      ),
    ]),
  );
}

interface PublishOptions extends OutputOptions {
  readonly name: string;
  readonly id?: string;
  readonly tier1: Money;
  readonly tier2: Money;
  readonly tier3: Money;
  readonly network?: PricesByNetwork;
}

export function addPriceListCommands(program: Command): void {
  const priceList = program.command('price-list').description('prices a segment, by tier and network');
  priceList
    .command('publish')
    .description('a new price list, or with --id the next version of one; a version says all, networks included')
    .requiredOption('--name <name>', 'name')
    .requiredOption('--tier-1 <kes>', 'KES a segment at tier_1', kesAmount)
    .requiredOption('--tier-2 <kes>', 'KES a segment at tier_2', kesAmount)
    .requiredOption('--tier-3 <kes>', 'KES a segment at tier_3', kesAmount)
    .option(
      '--network <prices>',
      'what differs for one network, as airtel:tier_1=0.90,tier_3=2.40; once for each',
      networkPrices,
    )
    .option('--id <price_list_id>', 'the list that gets a new version', idOf('prl'))
    .option('--json', 'print JSON')
    .action((options: PublishOptions) =>
      Application.with(async (app) => {
        const { id = null, name, network } = options;
        const perSegment = { tier_1: options.tier1, tier_2: options.tier2, tier_3: options.tier3 };
        const { priceListId } = await app.run(new PublishPriceList(app.origin, id, name, perSegment, network));
        printPriceList(app, priceListId, options);
      }),
    );
  priceList
    .command('assign')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .argument('<price_list_id>', 'price list', idOf('prl'))
    .option('--json', 'print JSON')
    .action((customerId: string, priceListId: string, options: OutputOptions) =>
      Application.with(async (app) => {
        await app.run(new AssignPriceList(app.origin, customerId, priceListId));
        printPriceList(app, priceListId, options);
      }),
    );
  priceList
    .command('show')
    .argument('<price_list_id>', 'price list', idOf('prl'))
    .option('--json', 'print JSON')
    .action((priceListId: string, options: OutputOptions) =>
      Application.with((app) => Promise.resolve(printPriceList(app, priceListId, options))),
    );
}

interface WalletOptions extends OutputOptions {
  readonly mode: Mode;
}

const modeOption = (): Option =>
  new Option('--mode <mode>', 'live or test money').choices(['live', 'test']).default('live');

async function printWallet(app: Application, customerId: string, options: WalletOptions): Promise<void> {
  const { mode } = options;
  const { available, reserved, asOf } = await app.wallets.balance({ customerId, mode });
  const lines = await app.tenants.read(customerId, (sql) =>
    lastStatementLines(sql, { customerId, mode }, RECENT_LINES),
  );
  const wallet = {
    customer_id: customerId,
    mode,
    available_kes: toKesNumber(available),
    reserved_kes: toKesNumber(reserved),
    as_of: asOf,
    recent: lines.map((line) => ({
      at: line.at,
      kind: line.kind,
      amount_kes: toKesNumber(line.amount),
      balance_kes: toKesNumber(line.balanceAfter),
      reference: line.reference,
      message_id: line.messageId,
      note: line.note,
    })),
  };
  print(wallet, options, () =>
    [
      facts([
        ['customer', customerId],
        ['mode', mode],
        ['available', `KES ${toKesText(available)}`],
        ['reserved', `KES ${toKesText(reserved)}`],
        ['as of', asOf],
      ]),
      '',
      table(
        ['at', 'kind', 'amount', 'balance', 'message', 'note'],
        wallet.recent.map((one) => [one.at, one.kind, one.amount_kes, one.balance_kes, one.message_id, one.note]),
      ),
    ].join('\n'),
  );
}

export function addWalletCommands(program: Command): void {
  const wallet = program.command('wallet').description('balances, credits and adjustments');
  wallet
    .command('show')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .addOption(modeOption())
    .option('--json', 'print JSON')
    .action((customerId: string, options: WalletOptions) =>
      Application.with((app) => {
        app.customer(customerId);
        return printWallet(app, customerId, options);
      }),
    );
  for (const [name, description] of [
    ['credit', 'adds money'],
    ['adjust', 'takes money away'],
  ] as const) {
    wallet
      .command(name)
      .description(`${description}; the note is mandatory and stays in the log`)
      .argument('<customer_id>', 'customer', idOf('cus'))
      .argument('<kes>', 'amount in KES', positiveKesAmount)
      .requiredOption('--note <note>', 'why')
      .addOption(modeOption())
      .option('--json', 'print JSON')
      .action((customerId: string, amount: Money, options: WalletOptions & { note: string }) =>
        Application.with(async (app) => {
          app.customer(customerId);
          const ref = { customerId, mode: options.mode };
          const context = app.context(customerId);
          const id = app.nextId('txn');
          const { note } = options;
          if (name === 'credit') {
            await app.wallets.credit(ref, context, { creditId: id, amount, source: 'adjustment', note });
          } else {
            await app.wallets.adjustDown(ref, context, { adjustmentId: id, amount, note });
          }
          await printWallet(app, customerId, options);
        }),
      );
  }
}
