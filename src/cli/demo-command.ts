import type { Command } from 'commander';
import { ApproveSenderId } from '../application/customer/approve-sender-id';
import { AssignPriceList } from '../application/customer/assign-price-list';
import { AssignRouting } from '../application/customer/assign-routing';
import { ChangeLimits } from '../application/customer/change-limits';
import { ChooseDefaultSender } from '../application/customer/choose-default-sender';
import { IssueApiKey } from '../application/customer/issue-api-key';
import { PublishPriceList } from '../application/customer/publish-price-list';
import { RegisterCustomer } from '../application/customer/register-customer';
import { RequestSenderId } from '../application/customer/request-sender-id';
import type { ApiKeyKind } from '../domain/customer/api-key';
import { TIERS } from '../domain/routing/tiers';
import { fromKesText, toKesNumber } from '../domain/shared/money';
import { Application } from './application';
import { facts, print, type OutputOptions } from './output';

/** Always the same ids: the demo set up twice is one demo. */
const CUSTOMER_ID = 'cus_0000000000000000000000DEM0';
const PRICE_LIST_ID = 'prl_0000000000000000000000DEM0';
const NAME = 'Demo';
const SENDER = 'WAHT';
const PRICES = { tier_1: fromKesText('0.80'), tier_2: fromKesText('1.00'), tier_3: fromKesText('2.50') };
const OPENING_CREDIT = fromKesText('100000');
/** High enough for the first load test that anyone runs. */
const LIMITS = { requestsPerSecondPerKey: 100_000, messagesPerMinutePerRecipient: 100_000 };

interface DemoFacts {
  readonly customer_id: string;
  readonly live_key: string;
  readonly billing_key: string;
  readonly test_key: string;
  /** KES a segment. */
  readonly prices: { readonly [tier: string]: number };
}

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('a customer to try it with: funded, with a sender and prices; new keys each time')
    .option('--json', 'print JSON')
    .action((options: OutputOptions) =>
      Application.with(async (app) => {
        print(await setUp(app), options, (demo) =>
          facts([
            ['customer', demo.customer_id],
            ['live key', demo.live_key],
            ['billing key', demo.billing_key],
            ['test key', demo.test_key],
            ...Object.entries(demo.prices).map(([tier, kes]) => [tier, `KES ${kes} a segment`] as const),
          ]),
        );
      }),
    );
}

async function setUp(app: Application): Promise<DemoFacts> {
  const { origin } = app;
  await app.run(new PublishPriceList(origin, PRICE_LIST_ID, NAME, PRICES));
  await app.run(new RegisterCustomer(origin, CUSTOMER_ID, NAME));
  await app.wallets.credit({ customerId: CUSTOMER_ID, mode: 'live' }, app.context(CUSTOMER_ID), {
    creditId: 'opening',
    amount: OPENING_CREDIT,
    source: 'opening',
    note: null,
  });
  await app.run(new RequestSenderId(origin, CUSTOMER_ID, SENDER, 'transactional'));
  for (const tier of TIERS) await app.run(new ApproveSenderId(origin, CUSTOMER_ID, SENDER, tier));
  await app.run(new ChooseDefaultSender(origin, CUSTOMER_ID, SENDER));
  await app.run(new AssignPriceList(origin, CUSTOMER_ID, PRICE_LIST_ID));
  await app.run(new AssignRouting(origin, CUSTOMER_ID, TIERS));
  await app.run(new ChangeLimits(origin, CUSTOMER_ID, LIMITS));
  const issue = async (kind: ApiKeyKind): Promise<string> =>
    (await app.run(new IssueApiKey(origin, CUSTOMER_ID, kind, `demo ${kind}`, null))).plaintext;
  return {
    customer_id: CUSTOMER_ID,
    live_key: await issue('live'),
    billing_key: await issue('billing'),
    test_key: await issue('test'),
    prices: Object.fromEntries(TIERS.map((tier) => [tier, toKesNumber(PRICES[tier])])),
  };
}
