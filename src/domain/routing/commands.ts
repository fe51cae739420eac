import type { ProviderDegraded, ProviderRecovered } from './events';

/** A circuit opened, or a score fell under its threshold: the provider's, or one network's at it. */
export interface DegradeProvider {
  readonly type: 'DegradeProvider';
  readonly data: ProviderDegraded['data'];
}

/** It gets a larger share of its traffic back. */
export interface RecoverProvider {
  readonly type: 'RecoverProvider';
  readonly data: Omit<ProviderRecovered['data'], 'cause'>;
}

export type ProviderCommand = DegradeProvider | RecoverProvider;
