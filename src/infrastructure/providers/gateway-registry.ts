import type { Configuration, TierConfiguration } from '../../application/ports/configuration';
import type { ReportReaders, ReportReading } from '../../application/ports/delivery-reports';
import type { SmsGateway, SmsGateways } from '../../application/ports/sms-gateway';
import type { Mode } from '../../domain/shared/event';
import type { Tier } from '../../domain/routing/tiers';
import { AfricasTalkingGateway } from './africastalking/gateway';
import { readAfricasTalkingReport } from './africastalking/report';

/** One gateway an account; live and test messages share it where they share the account. */
export class GatewayRegistry implements SmsGateways, ReportReaders {
  private readonly gateways = new Map<string, AfricasTalkingGateway>();
  private readonly byTier: Readonly<Record<Mode, ReadonlyMap<Tier, SmsGateway>>>;

  constructor({ tiers, testTiers, providerDeadlineMs, dispatchConcurrency }: Configuration) {
    const group = (accounts: readonly TierConfiguration[]): ReadonlyMap<Tier, SmsGateway> =>
      new Map(
        accounts.map((account) => [account.tier, this.gatewayOf(account, providerDeadlineMs, dispatchConcurrency)]),
      );
    this.byTier = { live: group(tiers), test: group(testTiers) };
  }

  forTier(mode: Mode, tier: Tier): SmsGateway | null {
    return this.byTier[mode].get(tier) ?? null;
  }

  byName(name: string): SmsGateway | null {
    return this.gateways.get(name) ?? null;
  }

  all(): readonly SmsGateway[] {
    return [...this.gateways.values()];
  }

  read(provider: string, raw: Buffer): ReportReading | null {
    return this.gateways.has(provider) ? readAfricasTalkingReport(raw) : null;
  }

  async close(): Promise<void> {
    await Promise.all([...this.gateways.values()].map((gateway) => gateway.close()));
  }

  private gatewayOf(account: TierConfiguration, deadlineMs: number, connections: number): SmsGateway {
    const known = this.gateways.get(account.name);
    if (known !== undefined) return known;
    const gateway = new AfricasTalkingGateway(account, deadlineMs, connections);
    this.gateways.set(account.name, gateway);
    return gateway;
  }
}
