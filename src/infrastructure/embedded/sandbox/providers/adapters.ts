import type { ProviderConfig } from '../config';
import type { Handsets } from '../engine/handsets';
import { AfricasTalkingContract } from './africastalking/contract';
import type { HttpContract } from './http-contract';

type ContractFactory = (config: ProviderConfig, handsets: Handsets) => HttpContract;

/** A new contract over HTTP is one folder beside this file and one line here. */
const FACTORIES: Readonly<Record<string, ContractFactory>> = {
  africastalking: (config, handsets) => new AfricasTalkingContract(config, handsets),
};

/** The adapters that a provider can be configured with. */
export const ADAPTERS: readonly string[] = Object.keys(FACTORIES);

/** @throws Error for an adapter that is not in `ADAPTERS`; the configuration has refused it before. */
export function createContract(config: ProviderConfig, handsets: Handsets): HttpContract {
  const factory = FACTORIES[config.adapter];
  if (factory === undefined) throw new Error(`No simulator speaks ${config.adapter}`);
  return factory(config, handsets);
}
