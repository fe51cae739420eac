import type { SmsGateway } from '../ports/sms-gateway';
import { NETWORKS } from '../../domain/message/network';
import { asAWhole, countsOfAll, countsOfNetwork, type Counted, type Span } from '../../domain/routing/breakdown';
import type { Health } from '../../domain/routing/decider';
import type { Standing } from '../../domain/routing/move';
import { reportsStoppedEverywhere, scoreOf, type ScoreInputs } from '../../domain/routing/score';
import { movesOf, type FollowedProvider } from './provider-follower';
import { minuteOf } from './sampling';

/** A provider as it was found. */
export interface Found {
  readonly gateway: SmsGateway;
  readonly counted: Counted;
  readonly followed: FollowedProvider;
  /** As a whole (null), or for a network by itself. */
  readonly statusOf: (network: string | null) => Health['status'];
}

/** How one provider stands. */
export interface ProviderStandings {
  readonly gateway: SmsGateway;
  readonly whole: Standing;
  /** For each network: by its own counts where they are enough to say, else by the whole's (`network` of it is null then). */
  readonly networks: ReadonlyMap<string, Standing>;
}

export interface Standings {
  readonly providers: readonly ProviderStandings[];
  /** Reports have stopped from all providers at once. */
  readonly silent: boolean;
}

/** How the providers stand towards one another, from what was counted of them and what their streams say. */
export function standingsOf(found: readonly Found[], nowMs: number, degradeUnder: number): Standings {
  const silent = reportsStoppedEverywhere(
    found.map((one) => countsOfAll(one.counted, spanOf(one, null, nowMs)).window),
  );
  const enough = found.map(() => new Map<string, ScoreInputs>());
  for (const network of NETWORKS.keys()) {
    const counts = found.map((one) => countsOfNetwork(one.counted, network, spanOf(one, network, nowMs)));
    const reportsSilentEverywhere = silent || reportsStoppedEverywhere(counts.map(({ window }) => window));
    for (const [i, one] of counts.entries()) {
      const inputs = { ...one, reportsSilentEverywhere };
      if (scoreOf(inputs).value !== null) enough[i]?.set(network, inputs);
    }
  }
  const providers = found.map((one, i): ProviderStandings => {
    const own = enough[i] ?? new Map<string, ScoreInputs>();
    const judged = asAWhole(one.counted, {
      span: spanOf(one, null, nowMs),
      moved: Object.keys(one.followed.state.networks),
      networks: own,
      degradeUnder,
      reportsSilentEverywhere: silent,
    });
    const whole: Standing = { ...stateOf(one, null, nowMs), network: null, ...judged };
    const standingFor = (network: string): Standing => {
      const inputs = own.get(network);
      const state = stateOf(one, network, nowMs);
      return inputs === undefined ? { ...whole, ...state } : { ...state, network, leftOut: [], inputs };
    };
    const networks = new Map([...NETWORKS.keys()].map((network) => [network, standingFor(network)]));
    return { gateway: one.gateway, whole, networks };
  });
  return { providers, silent };
}

/** Nothing counts from before it came back, as a whole or for the network. */
function spanOf({ followed }: Found, network: string | null, nowMs: number): Span {
  const { returnedAtMs } = movesOf(followed, network);
  return { nowMinute: minuteOf(nowMs), sinceMinute: returnedAtMs === null ? 0 : minuteOf(returnedAtMs) };
}

/** For a network a provider stands no better than as a whole. */
function stateOf(
  { gateway, followed, statusOf }: Found,
  network: string | null,
  nowMs: number,
): Pick<Standing, 'provider' | 'tier' | 'status' | 'movedSecondsAgo'> {
  const { movedAtMs } = movesOf(followed, network);
  return {
    provider: gateway.name,
    tier: gateway.tier,
    status: worse(statusOf(null), statusOf(network)),
    movedSecondsAgo: movedAtMs === null ? null : Math.max(0, Math.round((nowMs - movedAtMs) / 1_000)),
  };
}

const RANK: Readonly<Record<Health['status'], number>> = { healthy: 0, returning: 1, degraded: 2 };
const worse = (a: Health['status'], b: Health['status']): Health['status'] => (RANK[a] >= RANK[b] ? a : b);
