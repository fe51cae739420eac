import { Option, type Command } from 'commander';
import { healthAsOf, type HealthAt, type ProviderHealthAt } from '../application/routing/health-as-of';
import { DomainError } from '../domain/shared/domain-error';
import type { Mode } from '../domain/shared/event';
import { GatewayRegistry } from '../infrastructure/providers/gateway-registry';
import { ProjectedAttemptHistory } from '../projections/message-attempts/attempts-as-of';
import { Application } from './application';
import { instant } from './arguments';
import { print, table, type OutputOptions } from './output';

interface HealthOptions extends OutputOptions {
  readonly asOf?: string;
}

export function addProviderCommands(program: Command): void {
  program
    .command('provider')
    .description('the providers’ accounts')
    .command('health')
    .description('state, score and its inputs of each provider, now or as the log knew them at an instant')
    .addOption(new Option('--as-of <time>', 'as it was then, by the event store’s clock').argParser(instant))
    .option('--json', 'print JSON')
    .action((options: HealthOptions) =>
      Application.with(async (app) => {
        const now = new Date().toISOString();
        const asOf = options.asOf ?? now;
        if (asOf > now) throw new DomainError('invalid_parameter', 'What will be known then, nobody can say.');
        const modes: { mode: Mode; providers: ProviderHealthAt[] }[] = [];
        for (const mode of ['live', 'test'] as const) {
          const providers = await providersAt(app, mode, asOf);
          if (providers !== null) modes.push({ mode, providers });
        }
        print({ as_of: asOf, modes: modes.map(shownMode) }, options, healthText);
      }),
    );
}

/** Null: test messages have no providers of their own. */
export async function providersAt(app: Application, mode: Mode, asOf: string): Promise<ProviderHealthAt[] | null> {
  const { store, database, configuration } = app;
  const gateways = new GatewayRegistry(configuration);
  try {
    const history = new ProjectedAttemptHistory(database);
    return await healthAsOf({ store, gateways, history }, mode, asOf, {
      degradeUnder: configuration.routing.degradeUnder,
      deadlineMs: configuration.providerDeadlineMs,
    });
  } finally {
    await gateways.close();
  }
}

const shownMode = ({ mode, providers }: { mode: Mode; providers: ProviderHealthAt[] }) => ({
  mode,
  providers: providers.map(shownProvider),
});

export const shownProvider = ({ provider, tier, whole, networks }: ProviderHealthAt) => ({
  provider,
  tier,
  ...shownHealth(whole),
  networks: networks.map(shownHealth),
});

type Shown = ReturnType<typeof shownHealth>;

function shownHealth({ network, health, isOnTrial, movedAtMs, standing, score }: HealthAt) {
  const isAway = health.status === 'degraded';
  return {
    network,
    state: isOnTrial ? 'trial' : isAway ? 'away' : health.status,
    share_percent: health.status === 'returning' ? health.sharePercent : null,
    cause: health.status === 'healthy' ? null : health.cause,
    since: movedAtMs === null ? null : new Date(movedAtMs).toISOString(),
    until: isAway ? health.until : null,
    score: score?.value ?? null,
    components: score?.components ?? [],
    inputs: standing?.inputs ?? null,
    left_out: standing?.leftOut ?? [],
  };
}

function healthText({ as_of, modes }: { as_of: string; modes: ReturnType<typeof shownMode>[] }): string {
  const row = (mode: string, provider: string, tier: string, one: Shown): (string | number | null)[] => {
    const { calls, reports } = one.inputs?.window ?? {};
    const all = <T>(split: { largest: T; others: T } | undefined, of: (counts: T) => number): number | null =>
      split === undefined ? null : of(split.largest) + of(split.others);
    return [
      ...[mode, provider, tier, one.network ?? 'all'],
      ...[one.share_percent === null ? one.state : `${one.state} ${one.share_percent} %`, one.score],
      ...[all(calls, (c) => c.attempts), all(calls, (c) => c.accepted), all(calls, (c) => c.timeouts)],
      ...[all(calls, (c) => c.slow), all(reports, (r) => r.due), all(reports, (r) => r.delivered)],
      ...[one.since, one.until],
    ];
  };
  const rows = modes.flatMap(({ mode, providers }) =>
    providers.flatMap((one) => [one, ...one.networks].map((part) => row(mode, one.provider, one.tier, part))),
  );
  const headings = ['mode', 'provider', 'tier', 'network', 'state', 'score', 'calls', 'accepted', 'no answer', 'slow'];
  return `As of ${as_of}\n${table([...headings, 'due', 'delivered', 'since', 'until'], rows)}`;
}
