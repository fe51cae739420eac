import { Option, type Command } from 'commander';
import type { MessageWhy } from '../application/ports/message-why';
import { DomainError } from '../domain/shared/domain-error';
import { streams } from '../domain/shared/streams';
import { appendAccess } from '../infrastructure/audit/access-table';
import { OpenedReceipts, type OpenedReceipt } from '../infrastructure/receipts/opened-receipts';
import { ReportSeal } from '../infrastructure/receipts/report-seal';
import { operatorWhyOf, type OperatorWhy } from '../projections/messages/why-operators';
import { Application } from './application';
import { idOf, instant } from './arguments';
import { facts, print, table, type OutputOptions } from './output';
import { providersAt, shownProvider } from './provider-commands';

interface WhyOptions extends OutputOptions {
  readonly asOf?: string;
}

/** All of it: what the customer may know, and score, signals, accounts, costs and raw receipts besides. */
export function addWhyCommand(message: Command): void {
  message
    .command('why')
    .description('why it went the way it went; it opens raw receipts, which is written to the access log')
    .argument('<message_id>', 'message', idOf('msg'))
    .addOption(new Option('--as-of <time>', 'what was recorded by then').argParser(instant))
    .option('--json', 'print JSON')
    .action((messageId: string, options: WhyOptions) =>
      Application.with(async (app) => print(await whyFor(app, messageId, options.asOf), options, whyText)),
    );
}

async function whyFor(app: Application, messageId: string, asOf?: string) {
  const { customerId, mode } = await app.ownerOf(messageId);
  const why = await app.messages.why(customerId, mode, messageId, asOf);
  if (why === null) throw new DomainError('not_found', 'There was no such message then.');
  const all = await app.store.readStream(streams.message(messageId));
  const operator = operatorWhyOf(asOf === undefined ? all : all.filter(({ created }) => created <= asOf));
  const providers =
    (await providersAt(app, mode, why.considered_at)) ?? (await providersAt(app, 'live', why.considered_at)) ?? [];
  const receipts = await receiptsOf(app, { customerId, messageId }, operator);
  return { ...why, operator: { ...operator, providers: providers.map(shownProvider), receipts } };
}

/** Whoever opens receipts is written down first: without that row none is opened. */
async function receiptsOf(
  app: Application,
  { customerId, messageId }: { customerId: string; messageId: string },
  { attempts }: OperatorWhy,
): Promise<OpenedReceipt[]> {
  const ids = attempts.flatMap(({ account: provider, provider_message_id: providerMessageId }) =>
    providerMessageId === null ? [] : [{ provider, providerMessageId }],
  );
  if (ids.length === 0) return [];
  const { commandId, metadata } = app.context(customerId);
  const { actor, at, correlationId: request_id } = metadata;
  await app.database.transaction((sql) =>
    appendAccess(sql, [
      {
        ...{ id: commandId, at, request_id, method: 'CLI', route: 'waht message why', status: 200, code: 'opened' },
        ...{ reason: 'receipts_opened', customer_id: customerId, key_id: `${actor.kind}:${actor.id}` },
        ...{ resource: messageId, count: 1 },
      },
    ]),
  );
  return new OpenedReceipts(app.database, new ReportSeal(app.vault)).of(ids);
}

function whyText({ operator, ...why }: MessageWhy & Awaited<ReturnType<typeof whyFor>>): string {
  const { risk, receipts, providers } = operator;
  const { price } = why;
  const scoreOf = new Map(providers.map(({ tier, score }) => [tier, score]));
  const accounts = new Map(operator.attempts.map((one) => [one.attempt, one]));
  return [
    facts([
      ['message', why.message_id],
      ['outcome', `${why.outcome.text} (${why.outcome.code})`],
      ['picked', why.considered_at],
      [
        'price',
        `${price.per_segment_kes} × ${price.segments} at ${price.provider}, ${price.price_list_id} version ${price.price_list_version}, network ${price.network ?? 'not known'}`,
      ],
      ['cost', `KES ${price.cost_kes}, ${price.charge}`],
      ['fraud score', risk === null ? 'not noted' : `${risk.score}${risk.reasons.map((one) => `, ${one}`).join('')}`],
      ['to this number', risk === null ? null : `${risk.perMinute} in a minute, of ${risk.perMinuteLimit}`],
    ]),
    table(
      ['tier', 'health', 'score', 'KES', 'verdict'],
      why.tiers.map((one) => [
        ...[one.provider, one.share_percent === null ? one.health : `${one.health} ${one.share_percent} %`],
        ...[scoreOf.get(one.provider) ?? null, one.cost_kes, one.verdict],
      ]),
    ),
    table(
      ['#', 'tier', 'account', 'started', 'ended', 'outcome', 'code', 'own code', 'class', 'id', 'costs us'],
      why.attempts.map((one) => {
        const ours = accounts.get(one.attempt);
        return [
          ...[one.attempt, one.provider, ours?.account ?? null, one.started_at, one.ended_at, one.outcome, one.code],
          ...[ours?.own_code ?? null, ours?.class ?? null, ours?.provider_message_id ?? null],
          ours?.provider_cost ?? null,
        ];
      }),
    ),
    ...(receipts.length === 0 ? [] : [receiptsText(receipts)]),
  ].join('\n\n');
}

const receiptsText = (receipts: readonly OpenedReceipt[]): string =>
  table(
    ['received', 'account', 'id', 'became', 'raw'],
    receipts.map((one) => [one.received_at, one.provider, one.provider_message_id, one.outcome, one.raw]),
  );
