import type { Configuration, TierConfiguration } from '../../application/ports/configuration';
import type {
  ReportCallback,
  ReportDoor,
  ReportReaders,
  ReportReading,
} from '../../application/ports/delivery-reports';
import type { InboundDoor, InboundKind, InboundReaders, InboundReading } from '../../application/ports/inbound-texts';
import type { SmsGateway, SmsGateways } from '../../application/ports/sms-gateway';
import type { Mode } from '../../domain/shared/event';
import type { Tier } from '../../domain/routing/tiers';
import { AfricasTalkingGateway } from './africastalking/gateway';
import { InfobipGateway } from './infobip/gateway';
import type { ProviderAccount, ReportDesk, Surroundings } from './provider-account';
import { SmppGateway } from './smpp/gateway';
import { TwilioGateway } from './twilio/gateway';

/** One gateway an account; live and test messages share it where they share the account. */
export class GatewayRegistry implements SmsGateways, ReportReaders, ReportDoor, InboundReaders, InboundDoor {
  private readonly accounts = new Map<string, ProviderAccount>();
  private readonly byTier: Readonly<Record<Mode, ReadonlyMap<Tier, SmsGateway>>>;

  constructor(private readonly configuration: Configuration) {
    const { tiers, testTiers } = configuration;
    const group = (accounts: readonly TierConfiguration[]): ReadonlyMap<Tier, SmsGateway> =>
      new Map(accounts.map((account) => [account.tier, this.accountOf(account)]));
    this.byTier = { live: group(tiers), test: group(testTiers) };
  }

  forTier(mode: Mode, tier: Tier): SmsGateway | null {
    return this.byTier[mode].get(tier) ?? null;
  }

  byName(name: string): SmsGateway | null {
    return this.accounts.get(name) ?? null;
  }

  all(): readonly SmsGateway[] {
    return [...this.accounts.values()];
  }

  read(provider: string, raw: Buffer): ReportReading | null {
    return this.accounts.get(provider)?.readReport(raw) ?? null;
  }

  admit(provider: string, callback: ReportCallback): ReturnType<ReportDoor['admit']> {
    const account = this.accounts.get(provider);
    return account === undefined ? 'unknown_provider' : (account.admit(callback) ?? 'not_genuine');
  }

  readInbound(provider: string, kind: InboundKind, raw: Buffer): InboundReading | null {
    return this.accounts.get(provider)?.readInbound(kind, raw) ?? null;
  }

  admitInbound(...[provider, kind, callback]: Parameters<InboundDoor['admitInbound']>) {
    const account = this.accounts.get(provider);
    return account === undefined ? 'unknown_provider' : (account.admitInbound(kind, callback) ?? 'not_genuine');
  }

  answersAreTexts(provider: string): boolean {
    return this.accounts.get(provider)?.answersAreTexts ?? false;
  }

  /** Connects where reports come over a connection of our own. */
  open(desk: ReportDesk): void {
    for (const account of this.accounts.values()) account.open?.(desk);
  }

  async close(): Promise<void> {
    await Promise.all([...this.accounts.values()].map((account) => account.close()));
  }

  private accountOf(account: TierConfiguration): SmsGateway {
    const known = this.accounts.get(account.name);
    if (known !== undefined) return known;
    const { publicBaseUrl, callbackSecret, providerDeadlineMs, dispatchConcurrency } = this.configuration;
    const address = `${publicBaseUrl}/callbacks/sms/${account.name}/${callbackSecret}`;
    const gateway = makeAccount(account, {
      deadlineMs: providerDeadlineMs,
      connections: dispatchConcurrency,
      reportUrl: `${address}/reports`,
      inboundUrl: `${address}/inbound`,
    });
    this.accounts.set(account.name, gateway);
    return gateway;
  }
}

/** A new provider is one folder beside this file, one kind of account in the configuration, and one line here. */
export function makeAccount(account: TierConfiguration, around: Surroundings): ProviderAccount {
  switch (account.adapter) {
    case 'africastalking':
    case 'africastalking-bulk':
      return new AfricasTalkingGateway(account, around);
    case 'infobip':
      return new InfobipGateway(account, around);
    case 'twilio':
      return new TwilioGateway(account, around);
    case 'smpp':
      return new SmppGateway(account, around);
  }
}
