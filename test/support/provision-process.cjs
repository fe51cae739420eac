/**
 * Customers as operations would set them up, through the program's own commands in a process of its own (the command line
 * takes one process a command, and there are ten to each customer).
 *
 *   node provision-process.cjs <dist> '[{"name","kes","sender","tiers"}]'     prints [{"name","customer_id","live_key"}]
 */
const { join } = require('node:path');
require('reflect-metadata');

const [dist, wanted] = process.argv.slice(2);
const from = (...parts) => require(join(dist, ...parts));
const { Application } = from('cli', 'application.js');
const { AssignPriceList } = from('application', 'customer', 'assign-price-list.js');
const { AssignRouting } = from('application', 'customer', 'assign-routing.js');
const { ApproveSenderId } = from('application', 'customer', 'approve-sender-id.js');
const { ChangeLimits } = from('application', 'customer', 'change-limits.js');
const { ChooseDefaultSender } = from('application', 'customer', 'choose-default-sender.js');
const { IssueApiKey } = from('application', 'customer', 'issue-api-key.js');
const { PublishPriceList } = from('application', 'customer', 'publish-price-list.js');
const { RegisterCustomer } = from('application', 'customer', 'register-customer.js');
const { RequestSenderId } = from('application', 'customer', 'request-sender-id.js');
const { fromKesText } = from('domain', 'shared', 'money.js');
const { TIERS } = from('domain', 'routing', 'tiers.js');

const LIMITS = { requestsPerSecondPerKey: 100_000, messagesPerMinutePerRecipient: 100_000 };

async function provision(application) {
  const { origin } = application;
  const prices = { tier_1: fromKesText('0.8'), tier_2: fromKesText('1'), tier_3: fromKesText('2.5') };
  const { priceListId } = await application.run(new PublishPriceList(origin, null, 'Runs', prices));
  const made = [];
  for (const { name, kes, sender = 'WAHT', tiers = TIERS } of JSON.parse(wanted)) {
    const { customerId } = await application.run(new RegisterCustomer(origin, null, name));
    await application.run(new AssignPriceList(origin, customerId, priceListId));
    await application.run(new AssignRouting(origin, customerId, [...tiers]));
    await application.run(new RequestSenderId(origin, customerId, sender, 'transactional'));
    for (const tier of tiers) await application.run(new ApproveSenderId(origin, customerId, sender, tier));
    await application.run(new ChooseDefaultSender(origin, customerId, sender));
    await application.run(new ChangeLimits(origin, customerId, LIMITS));
    const wallet = { customerId, mode: 'live' };
    await application.wallets.open(wallet, application.context(customerId));
    await application.wallets.credit(wallet, application.context(customerId), {
      creditId: 'opening',
      amount: fromKesText(kes),
      source: 'opening',
      note: null,
    });
    const key = await application.run(new IssueApiKey(origin, customerId, 'live', 'runs', null));
    made.push({ name, customer_id: customerId, live_key: key.plaintext });
  }
  return made;
}

Application.with(provision).then(
  (made) => process.stdout.write(`${JSON.stringify(made)}\n`),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  },
);
