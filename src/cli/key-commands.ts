import { Option, type Command } from 'commander';
import { ApproveSenderId } from '../application/customer/approve-sender-id';
import { ChooseDefaultSender } from '../application/customer/choose-default-sender';
import { IssueApiKey } from '../application/customer/issue-api-key';
import { RejectSenderId } from '../application/customer/reject-sender-id';
import { RequestSenderId } from '../application/customer/request-sender-id';
import { RevokeApiKey } from '../application/customer/revoke-api-key';
import type { ApiKeyKind } from '../domain/customer/api-key';
import type { MessageClass } from '../domain/message/events';
import type { Tier } from '../domain/routing/tiers';
import { Application } from './application';
import { idOf, instant, tierName } from './arguments';
import { shownCustomer } from './customer-commands';
import { print, table, type OutputOptions } from './output';

export function addKeyCommands(program: Command): void {
  const key = program.command('key').description('issue, revoke and list API keys');
  key
    .command('issue')
    .description('a new key; it is shown this once')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .addOption(new Option('--kind <kind>', 'what it is for').choices(['live', 'billing', 'test']).makeOptionMandatory())
    .option('--label <label>', 'to tell it by', 'issued on the command line')
    .option('--expires-at <time>', 'RFC 3339', instant)
    .option('--json', 'print JSON')
    .action((customerId: string, options: OutputOptions & { kind: ApiKeyKind; label: string; expiresAt?: string }) =>
      Application.with(async (app) => {
        const { kind, label, expiresAt } = options;
        const issued = await app.run(new IssueApiKey(app.origin, customerId, kind, label, expiresAt ?? null));
        print({ key_id: issued.keyId, key: issued.plaintext }, options, ({ key: plaintext }) => plaintext);
      }),
    );
  key
    .command('revoke')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .argument('<key_id>', 'the 16 characters after the prefix')
    .option('--json', 'print JSON')
    .action((customerId: string, keyId: string, options: OutputOptions) =>
      Application.with(async (app) => {
        await app.run(new RevokeApiKey(app.origin, customerId, keyId));
        print({ key_id: keyId, revoked: true }, options, () => `${keyId} is revoked.`);
      }),
    );
  key
    .command('list')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .option('--json', 'print JSON')
    .action((customerId: string, options: OutputOptions) =>
      Application.with((app) => {
        print(shownCustomer(app.customer(customerId)).keys, options, (keys) =>
          table(
            ['key', 'label', 'mode', 'scopes', 'expires', 'revoked'],
            keys.map((one) => [one.key_id, one.label, one.mode, one.scopes.join(' '), one.expires_at, one.revoked]),
          ),
        );
        return Promise.resolve();
      }),
    );
}

export function addSenderIdCommands(program: Command): void {
  const senderId = program.command('sender-id').description('senders of a customer, registered per tier');
  const printSenders = (app: Application, customerId: string, options: OutputOptions): void =>
    print(shownCustomer(app.customer(customerId)), options, (customer) =>
      table(
        ['sender', 'class', 'approved at', 'rejected at', 'default'],
        customer.senders.map((one) => [
          one.sender,
          one.class,
          one.approved_at.join(' ') || null,
          one.rejected_at.join(' ') || null,
          one.sender === customer.default_sender,
        ]),
      ),
    );
  senderId
    .command('request')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .argument('<sender>', 'up to 11 letters and digits, a short code or a number')
    .addOption(new Option('--class <class>').choices(['transactional', 'promotional']).default('transactional'))
    .option('--json', 'print JSON')
    .action((customerId: string, sender: string, options: OutputOptions & { class: MessageClass }) =>
      Application.with(async (app) => {
        await app.run(new RequestSenderId(app.origin, customerId, sender, options.class));
        printSenders(app, customerId, options);
      }),
    );
  senderId
    .command('approve')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .argument('<sender>', 'sender')
    .requiredOption('--tier <tier>', 'whose provider has registered it', tierName)
    .option('--json', 'print JSON')
    .action((customerId: string, sender: string, options: OutputOptions & { tier: Tier }) =>
      Application.with(async (app) => {
        await app.run(new ApproveSenderId(app.origin, customerId, sender, options.tier));
        printSenders(app, customerId, options);
      }),
    );
  senderId
    .command('reject')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .argument('<sender>', 'sender')
    .requiredOption('--tier <tier>', 'whose provider does not carry it', tierName)
    .requiredOption('--reason <reason>', 'why')
    .option('--json', 'print JSON')
    .action((customerId: string, sender: string, options: OutputOptions & { tier: Tier; reason: string }) =>
      Application.with(async (app) => {
        await app.run(new RejectSenderId(app.origin, customerId, sender, options.tier, options.reason));
        printSenders(app, customerId, options);
      }),
    );
  senderId
    .command('default')
    .argument('<customer_id>', 'customer', idOf('cus'))
    .argument('<sender>', 'sender')
    .option('--json', 'print JSON')
    .action((customerId: string, sender: string, options: OutputOptions) =>
      Application.with(async (app) => {
        await app.run(new ChooseDefaultSender(app.origin, customerId, sender));
        printSenders(app, customerId, options);
      }),
    );
}
