import { Option, type Command } from 'commander';
import { ChangeLimits } from '../application/customer/change-limits';
import { AssignRouting } from '../application/customer/assign-routing';
import { RegisterCustomer } from '../application/customer/register-customer';
import { ReinstateCustomer } from '../application/customer/reinstate-customer';
import { SuspendCustomer } from '../application/customer/suspend-customer';
import type { CustomerLimits } from '../domain/customer/events';
import type { RegisteredCustomer } from '../domain/customer/state';
import type { Tier } from '../domain/routing/tiers';
import { Application } from './application';
import { countryList, idOf, tierList, wholeNumber } from './arguments';
import { facts, print, table, type OutputOptions } from './output';

const JSON_OPTION = (): Option => new Option('--json', 'print JSON');

/** A customer as it is shown: everything but the keys' hashes. */
export function shownCustomer(customer: RegisteredCustomer) {
  return {
    customer_id: customer.customerId,
    name: customer.name,
    suspended: customer.suspended,
    routing: customer.routing,
    price_list_id: customer.priceListId,
    default_sender: customer.defaultSender,
    senders: customer.senders.map((one) => ({
      sender: one.sender,
      class: one.class,
      approved_at: one.approvedAt,
      rejected_at: one.rejectedAt,
    })),
    limits: shownLimits(customer.limits),
    keys: customer.keys.map(({ keyId, label, mode, scopes, expiresAt, revoked }) => ({
      key_id: keyId,
      label,
      mode,
      scopes,
      expires_at: expiresAt,
      revoked,
    })),
  };
}

const shownLimits = (limits: CustomerLimits) => ({
  requests_per_second_per_key: limits.requestsPerSecondPerKey,
  messages_per_minute_per_recipient: limits.messagesPerMinutePerRecipient,
  countries: limits.countries,
});

const customerText = (one: ReturnType<typeof shownCustomer>): string =>
  facts([
    ['customer', one.customer_id],
    ['name', one.name],
    ['state', one.suspended ? 'suspended' : 'active'],
    ['routing', one.routing.join(', ') || null],
    ['price list', one.price_list_id],
    ['default sender', one.default_sender],
    ['senders', one.senders.map((s) => `${s.sender} (${s.approved_at.join(', ') || 'pending'})`).join('; ') || null],
    ['keys', `${one.keys.filter((key) => !key.revoked).length} in use`],
    ['requests/s a key', one.limits.requests_per_second_per_key],
    ['messages/min a recipient', one.limits.messages_per_minute_per_recipient],
    ['countries', one.limits.countries.join(', ')],
  ]);

const show = (app: Application, customerId: string, options: OutputOptions): void =>
  print(shownCustomer(app.customer(customerId)), options, customerText);

export function addCustomerCommands(program: Command): void {
  const customer = program.command('customer').description('register, suspend and show customers');
  customer
    .command('register')
    .description('a customer with an empty live wallet and a funded test wallet')
    .requiredOption('--name <name>', 'name of the customer')
    .addOption(JSON_OPTION())
    .action((options: OutputOptions & { name: string }) =>
      Application.with(async (app) => {
        const { customerId } = await app.run(new RegisterCustomer(app.origin, null, options.name));
        show(app, customerId, options);
      }),
    );
  customer
    .command('list')
    .description('all customers')
    .addOption(JSON_OPTION())
    .action((options: OutputOptions) =>
      Application.with(async (app) => {
        const all = app.customers.all().map(shownCustomer);
        print(all, options, (list) =>
          table(
            ['customer', 'name', 'state', 'keys'],
            list.map((one) => [one.customer_id, one.name, one.suspended ? 'suspended' : 'active', one.keys.length]),
          ),
        );
        return Promise.resolve();
      }),
    );
  customer
    .command('show')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .addOption(JSON_OPTION())
    .action((customerId: string, options: OutputOptions) =>
      Application.with((app) => Promise.resolve(show(app, customerId, options))),
    );
  for (const [name, description, UseCase] of [
    ['suspend', 'no request of this customer is served any more', SuspendCustomer],
    ['reinstate', 'a suspended customer is served again', ReinstateCustomer],
  ] as const) {
    customer
      .command(name)
      .description(description)
      .argument('<customer_id>', 'customer', idOf('cus'))
      .requiredOption('--note <note>', 'why')
      .addOption(JSON_OPTION())
      .action((customerId: string, options: OutputOptions & { note: string }) =>
        Application.with(async (app) => {
          await app.run(new UseCase(app.origin, customerId, options.note));
          show(app, customerId, options);
        }),
      );
  }
  addRoutingAndLimits(program);
}

function addRoutingAndLimits(program: Command): void {
  program
    .command('routing')
    .description('which tiers carry a customer’s messages')
    .command('assign')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .argument('<tiers>', 'in order, such as tier_1,tier_2,tier_3', tierList)
    .addOption(JSON_OPTION())
    .action((customerId: string, tiers: Tier[], options: OutputOptions) =>
      Application.with(async (app) => {
        await app.run(new AssignRouting(app.origin, customerId, tiers));
        show(app, customerId, options);
      }),
    );
  const limits = program.command('limits').description('what a customer may do at most');
  limits
    .command('set')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .option('--requests-per-second <n>', 'requests a second with one key', wholeNumber)
    .option('--messages-per-minute <n>', 'messages a minute to one recipient', wholeNumber)
    .option('--countries <list>', 'ISO 3166 codes, such as KE,UG', countryList)
    .addOption(JSON_OPTION())
    .action(
      (
        customerId: string,
        options: OutputOptions & { requestsPerSecond?: number; messagesPerMinute?: number; countries?: string[] },
      ) =>
        Application.with(async (app) => {
          const { requestsPerSecond, messagesPerMinute, countries } = options;
          const changed: Partial<CustomerLimits> = {
            ...(requestsPerSecond === undefined ? {} : { requestsPerSecondPerKey: requestsPerSecond }),
            ...(messagesPerMinute === undefined ? {} : { messagesPerMinutePerRecipient: messagesPerMinute }),
            ...(countries === undefined ? {} : { countries }),
          };
          await app.run(new ChangeLimits(app.origin, customerId, changed));
          printLimits(app, customerId, options);
        }),
    );
  limits
    .command('show')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .addOption(JSON_OPTION())
    .action((customerId: string, options: OutputOptions) =>
      Application.with((app) => Promise.resolve(printLimits(app, customerId, options))),
    );
}

function printLimits(app: Application, customerId: string, options: OutputOptions): void {
  print(shownLimits(app.customer(customerId).limits), options, (one) =>
    facts([
      ['requests/s a key', one.requests_per_second_per_key],
      ['messages/min a recipient', one.messages_per_minute_per_recipient],
      ['countries', one.countries.join(', ')],
    ]),
  );
}
