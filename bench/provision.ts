import { Application } from '../src/cli/application';
import { AssignPriceList } from '../src/application/customer/assign-price-list';
import { AssignRouting } from '../src/application/customer/assign-routing';
import { ApproveSenderId } from '../src/application/customer/approve-sender-id';
import { ChangeLimits } from '../src/application/customer/change-limits';
import { IssueApiKey } from '../src/application/customer/issue-api-key';
import { PublishPriceList } from '../src/application/customer/publish-price-list';
import { RegisterCustomer } from '../src/application/customer/register-customer';
import { RequestSenderId } from '../src/application/customer/request-sender-id';
import { fromKesText, money } from '../src/domain/shared/money';
import { TIERS } from '../src/domain/routing/tiers';
import type { BenchServices } from './services';

const AT_ONCE = 16;
const FUNDS_KES = '100000000';
/** High enough that no limit is measured; the score and every counter are at work all the same. */
const LIMITS = { requestsPerSecondPerKey: 1_000_000, messagesPerMinutePerRecipient: 1_000_000 };

/** Customers as operations would provision them, through the same commands. @returns one live key a customer. */
export async function provision(services: BenchServices, databaseUrl: string, customers: number): Promise<string[]> {
  Object.assign(process.env, services.applicationEnv, {
    DATABASE_URL: databaseUrl,
    PORT: String(services.applicationPort),
  });
  return Application.with(async (application) => {
    const { commands, origin } = application;
    const prices = { tier_1: fromKesText('0.8'), tier_2: fromKesText('1'), tier_3: fromKesText('2.5') };
    const { priceListId } = await application.run(new PublishPriceList(origin, null, 'Bench', prices));
    const one = async (n: number): Promise<string> => {
      const { customerId } = await commands.execute(new RegisterCustomer(origin, null, `Bench ${n}`));
      await commands.execute(new AssignPriceList(origin, customerId, priceListId));
      await commands.execute(new AssignRouting(origin, customerId, [...TIERS]));
      await commands.execute(new RequestSenderId(origin, customerId, 'WAHT', 'transactional'));
      for (const tier of TIERS) await commands.execute(new ApproveSenderId(origin, customerId, 'WAHT', tier));
      await commands.execute(new ChangeLimits(origin, customerId, LIMITS));
      const wallet = { customerId, mode: 'live' } as const;
      await application.wallets.open(wallet, application.context(customerId));
      await application.wallets.credit(wallet, application.context(customerId), {
        creditId: 'bench',
        amount: money(fromKesText(FUNDS_KES)),
        source: 'opening',
        note: null,
      });
      const key = await application.run(new IssueApiKey(origin, customerId, 'live', 'bench', null));
      return key.plaintext;
    };
    const keys: string[] = [];
    for (let n = 0; n < customers; n += AT_ONCE) {
      const batch = Array.from({ length: Math.min(AT_ONCE, customers - n) }, (_, k) => one(n + k));
      keys.push(...(await Promise.all(batch)));
    }
    return keys;
  });
}
