import type { ProviderConfig } from '../config';
import type { Handsets } from '../engine/handsets';
import { AfricasTalkingContract } from './africastalking/contract';
import type { HttpContract } from './http-contract';
import { HttpProvider } from './http-provider';
import { InfobipContract } from './infobip/contract';
import type { SimulatedProvider } from './simulated-provider';
import { SmppProvider } from './smpp/provider';
import { TwilioContract } from './twilio/contract';

type ProviderFactory = (
  config: ProviderConfig,
  handsets: Handsets,
  host: string,
  onChange: () => void,
) => SimulatedProvider;

const overHttp =
  (contract: (config: ProviderConfig, handsets: Handsets) => HttpContract): ProviderFactory =>
  (config, handsets, host, onChange) =>
    new HttpProvider(config, contract(config, handsets), host, onChange);

/** A new contract is one folder beside this file and one line here. */
const FACTORIES: Readonly<Record<string, ProviderFactory>> = {
  africastalking: overHttp((config, handsets) => new AfricasTalkingContract(config, handsets, 'legacy')),
  'africastalking-bulk': overHttp((config, handsets) => new AfricasTalkingContract(config, handsets, 'bulk')),
  infobip: overHttp((config, handsets) => new InfobipContract(config, handsets)),
  smpp: (config, handsets, host, onChange) => new SmppProvider(config, handsets, host, onChange),
  twilio: overHttp((config, handsets) => new TwilioContract(config, handsets)),
};

/** The adapters that a provider can be configured with. */
export const ADAPTERS: readonly string[] = Object.keys(FACTORIES);

/** @throws Error for an adapter that is not in `ADAPTERS`; the configuration has refused it before. */
export function createProvider(
  config: ProviderConfig,
  handsets: Handsets,
  host: string,
  onChange: () => void,
): SimulatedProvider {
  const factory = FACTORIES[config.adapter];
  if (factory === undefined) throw new Error(`No simulator speaks ${config.adapter}`);
  return factory(config, handsets, host, onChange);
}
