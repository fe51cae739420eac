import type { ProviderDegraded, ProviderRecovered } from './events';

/** A circuit opened. */
export interface DegradeProvider {
  readonly type: 'DegradeProvider';
  readonly data: ProviderDegraded['data'];
}

/** A circuit closed. */
export interface RecoverProvider {
  readonly type: 'RecoverProvider';
  readonly data: ProviderRecovered['data'];
}

export type ProviderCommand = DegradeProvider | RecoverProvider;
