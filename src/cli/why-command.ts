import { Option, type Command } from 'commander';
import type { MessageWhy } from '../application/ports/message-why';
import { DomainError } from '../domain/shared/domain-error';
import { streams } from '../domain/shared/streams';
import { appendAccess } from '../infrastructure/audit/access-table';
import { AnswerTable } from '../infrastructure/receipts/answer-table';
import { OpenedAnswers, type OpenedAnswer } from '../infrastructure/receipts/opened-answers';
import { OpenedReceipts, type OpenedReceipt } from '../infrastructure/receipts/opened-receipts';
import { ReportSeal } from '../infrastructure/receipts/report-seal';
import { operatorWhyOf, type OperatorWhy } from '../projections/messages/why-operators';
import { Application } from './application';
import { idOf, instant } from './arguments';
import { facts, print, table, type OutputOptions } from './output';
import { providersAt, shownProvider } from './provider-commands';

/** Characters of an answer that the text shows. */
const LONGEST_SHOWN = 200;

interface WhyOptions extends OutputOptions {
  readonly asOf?: string;
}

/** All of it: what the customer may know, and score, signals, accounts, costs, raw receipts and answers besides. */
export function addWhyCommand(message: Command): void {
  message
    .command('why')
    .description('why it went the way it went; it opens raw receipts and answers, which is written to the access log')
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
  const answers = await answersOf(app, { customerId, messageId }, operator);
  return { ...why, operator: { ...operator, providers: providers.map(shownProvider), receipts, answers } };
}

interface Opening {
  readonly customerId: string;
  readonly messageId: string;
}

/** Whoever opens receipts is written down first: without that row none is opened. */
async function receiptsOf(app: Application, opening: Opening, { attempts }: OperatorWhy): Promise<OpenedReceipt[]> {
  const ids = attempts.flatMap(({ account: provider, provider_message_id: providerMessageId }) =>
    providerMessageId === null ? [] : [{ provider, providerMessageId }],
  );
  if (ids.length === 0) return [];
  await noteOpening(app, opening, 'receipts_opened');
  return new OpenedReceipts(app.database, new ReportSeal(app.vault)).of(ids);
}

/** What providers answered where nobody could read it, of the attempts that were there by then. */
async function answersOf(app: Application, opening: Opening, { attempts }: OperatorWhy): Promise<OpenedAnswer[]> {
  const answers = new OpenedAnswers(new AnswerTable(app.database), new ReportSeal(app.vault, 'answers'));
  const known = new Set(attempts.map(({ attempt }) => attempt));
  const kept = (await answers.find(opening.messageId)).filter(({ attempt }) => known.has(attempt));
  if (kept.length === 0) return [];
  await noteOpening(app, opening, 'answers_opened');
  return answers.open(kept);
}

async function noteOpening(
  app: Application,
  { customerId, messageId }: Opening,
  reason: 'receipts_opened' | 'answers_opened',
): Promise<void> {
  const { commandId, metadata } = app.context(customerId);
  const { actor, at, correlationId: request_id } = metadata;
  await app.database.transaction((sql) =>
    appendAccess(sql, [
      {
        id: commandId,
        at,
        request_id,
        method: 'CLI',
        route: 'waht message why',
        status: 200,
        code: 'opened',
        reason,
        customer_id: customerId,
        key_id: `${actor.kind}:${actor.id}`,
        resource: messageId,
        count: 1,
      },
    ]),
  );
}

function whyText({ operator, ...why }: MessageWhy & Awaited<ReturnType<typeof whyFor>>): string {
  const { risk, receipts, answers, providers } = operator;
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
    ...(answers.length === 0 ? [] : [answersText(answers)]),
  ].join('\n\n');
}

const receiptsText = (receipts: readonly OpenedReceipt[]): string =>
  table(
    ['received', 'account', 'id', 'became', 'raw'],
    receipts.map((one) => [one.received_at, one.provider, one.provider_message_id, one.outcome, one.raw]),
  );

const answersText = (answers: readonly OpenedAnswer[]): string =>
  table(
    ['#', 'received', 'account', 'code', 'HTTP', 'type', 'raw'],
    answers.map((one) => [
      ...[one.attempt, one.received_at, one.provider, one.code, one.status, one.content_type],
      beginningOf(one.raw),
    ]),
  );

/** The beginning of what a provider sent. All of it is in the JSON. */
const beginningOf = (text: string): string =>
  text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)} …` : text;
