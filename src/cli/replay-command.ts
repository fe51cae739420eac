import { Option, type Command } from 'commander';
import { Replay } from '../application/routing/replay/replay';
import { AS_RECORDED, type ReplaySettings } from '../application/routing/replay/settings';
import { DomainError } from '../domain/shared/domain-error';
import { streamPrefixes } from '../domain/shared/streams';
import { readLog } from '../infrastructure/audit/read-log';
import { GatewayRegistry } from '../infrastructure/providers/gateway-registry';
import { Application } from './application';
import { instant } from './arguments';
import { print, type OutputOptions } from './output';
import { ProgressBar } from './progress-bar';
import { replayJson, replayText } from './replay-report';
import { replaySetting } from './replay-settings';

interface ReplayOptions extends OutputOptions {
  readonly from: string;
  readonly to: string;
  readonly set?: ReplaySettings;
}

export function addReplayCommand(program: Command): void {
  // Beside `routing assign`, which comes with the customers' commands.
  const routing = program.commands.find((one) => one.name() === 'routing') ?? program.command('routing');
  routing
    .command('replay')
    .description('runs a recorded window again under other settings: what would have gone elsewhere, and the cost')
    .addOption(new Option('--from <time>', 'accepted at or after, RFC 3339').argParser(instant).makeOptionMandatory())
    .addOption(new Option('--to <time>', 'accepted before').argParser(instant).makeOptionMandatory())
    .addOption(
      new Option(
        '--set <setting>',
        'degrade_under=80, margin=5, cooldown=300, price.tier_2=0.90, order=tier_2,tier_1,tier_3; more than once',
      ).argParser(replaySetting),
    )
    .option('--json', 'print JSON')
    .action((options: ReplayOptions) =>
      Application.with(async (app) => print(await replay(app, options), options, replayText)),
    );
}

/** Reads the log from its beginning: how providers stood, and what was counted of them, comes from before the window. */
async function replay(app: Application, { from, to, set: settings = AS_RECORDED }: ReplayOptions) {
  if (from >= to) throw new DomainError('invalid_parameter', '--from must lie before --to.');
  const { configuration, subscriptions } = app;
  const gateways = new GatewayRegistry(configuration);
  const bar = new ProgressBar('Replaying');
  let [events, unreadable] = [0, 0];
  try {
    const run = new Replay({ from, to }, settings, gateways, configuration.routing);
    const wanted = { name: 'routing-replay', streamPrefixes: [streamPrefixes.message, streamPrefixes.provider] };
    const startedAtMs = Date.now();
    let beganAtMs: number | null = null;
    for await (const items of readLog(subscriptions, null, wanted)) {
      for (const item of items) {
        events += 1;
        if (item.kind === 'event') run.note(item.event);
        else unreadable += 1;
      }
      const reachedMs = Date.parse(items.at(-1)?.event.created ?? to);
      beganAtMs ??= Date.parse(items[0]?.event.created ?? to);
      // By the time that the log covers: how many events it holds nobody knows.
      const share = (reachedMs - beganAtMs) / Math.max(1, startedAtMs - beganAtMs);
      bar.show({ share: Math.min(0.99, Math.max(0, share)), events });
    }
    bar.show({ share: 1, events });
    return replayJson(run.report(), { events, unreadable });
  } finally {
    await gateways.close();
  }
}
