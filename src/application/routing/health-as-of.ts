import type { AttemptHistory } from '../ports/attempt-history';
import type { EventStore } from '../ports/event-store';
import type { SmsGateway, SmsGateways } from '../ports/sms-gateway';
import { healthOf, type Health } from '../../domain/routing/decider';
import type { ProviderEvent } from '../../domain/routing/events';
import type { Standing } from '../../domain/routing/move';
import { scoreOf, type Score } from '../../domain/routing/score';
import { TIERS } from '../../domain/routing/tiers';
import type { Mode } from '../../domain/shared/event';
import { streams } from '../../domain/shared/streams';
import { followed, movesOf, UNKNOWN, type FollowedProvider } from './provider-follower';
import { standingsOf, type Found } from './standings';

/** A provider, or one network at it, as the log knew it at an instant. */
export interface HealthAt {
  /** MCC and MNC; null: the provider as a whole. */
  readonly network: string | null;
  readonly health: Health;
  /** Degraded, and its cool-down is over: one message at a time. */
  readonly isOnTrial: boolean;
  /** Epoch milliseconds by the store's clock: the last time that traffic left it or began to return. */
  readonly movedAtMs: number | null;
  /** What it is judged by. Null for a network with too few samples of its own: it is judged as the whole is. */
  readonly standing: Standing | null;
  readonly score: Score | null;
}

export interface ProviderHealthAt {
  readonly provider: string;
  readonly tier: SmsGateway['tier'];
  readonly whole: HealthAt;
  /** Those that have a score or a state of their own. */
  readonly networks: readonly HealthAt[];
}

export interface HealthAsOfParts {
  readonly store: EventStore;
  readonly gateways: SmsGateways;
  readonly history: AttemptHistory;
}

/**
 * The providers of a mode as the log knew them at `asOf` (ISO, by the store's clock): their streams up to then, and the counts
 * made again from the attempts, judged by the functions that judge the living. Null: test messages have no providers of their own.
 */
export async function healthAsOf(
  { store, gateways, history }: HealthAsOfParts,
  mode: Mode,
  asOf: string,
  settings: { readonly degradeUnder: number; readonly deadlineMs: number },
): Promise<ProviderHealthAt[] | null> {
  const accounts = TIERS.map((tier) => gateways.forTier(mode, tier)).filter((one) => one !== null);
  if (mode === 'test' && accounts.every((one) => gateways.forTier('live', one.tier) === one)) return null;
  const counted = await history.countedAt(asOf, settings.deadlineMs);
  const nowMs = Date.parse(asOf);
  const found = await Promise.all(
    accounts.map(async (gateway): Promise<Found> => {
      const known = await followedUntil(store, gateway.name, asOf);
      return {
        gateway,
        counted: counted.get(gateway.name) ?? { minutes: [], day: [] },
        followed: known,
        statusOf: (network) => healthOf(known.state, network).status,
      };
    }),
  );
  const { providers } = standingsOf(found, nowMs, settings.degradeUnder);
  return providers.map(({ gateway, whole, networks }, i) => {
    const known = found[i]?.followed ?? UNKNOWN;
    const at = (network: string | null, standing: Standing): HealthAt => healthAt(known, network, standing, nowMs);
    const own = [...networks].map(([network, standing]) => at(network, standing));
    return {
      provider: gateway.name,
      tier: gateway.tier,
      whole: at(null, whole),
      networks: own.filter(({ standing, health }) => standing !== null || health.status !== 'healthy'),
    };
  });
}

async function followedUntil(store: EventStore, provider: string, asOf: string): Promise<FollowedProvider> {
  const events = await store.readStream<ProviderEvent>(streams.provider(provider));
  // Both in the same form, so that they compare as texts do.
  return events.filter(({ created }) => new Date(created).toISOString() <= asOf).reduce(followed, UNKNOWN);
}

function healthAt(known: FollowedProvider, network: string | null, standing: Standing, nowMs: number): HealthAt {
  const health = healthOf(known.state, network);
  const isOwn = standing.network === network;
  return {
    network,
    health,
    isOnTrial: health.status === 'degraded' && Date.parse(health.until) <= nowMs,
    movedAtMs: movesOf(known, network).movedAtMs,
    standing: isOwn ? standing : null,
    score: isOwn ? scoreOf(standing.inputs) : null,
  };
}
