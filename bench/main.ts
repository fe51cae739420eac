/**
 * The comparisons of the README, side by side in one run. Loopback only, bounded in count and time.
 *
 *   npm run bench -- [--quick] [--json FILE]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CRUD_WALLETS, prepareCrud, startCrud } from './crud';
import { makeDatabase } from './crud';
import { kannelInstalled, measureKannel } from './kannel';
import { type Cell, measureAccept, ratioOf, type Side } from './measure-accept';
import { type EndToEnd, measureEndToEnd } from './measure-end-to-end';
import { measureIdle, measureRebuild, measureStoreMemory } from './measure-upkeep';
import { privateMemoryMb } from './memory';
import { MessageCentre } from './message-centre';
import { provision } from './provision';
import { machine, print, type Rate, type Ratio, type Report } from './report';
import { freshRecipients } from './load';
import { BenchServices, TIERS } from './services';
import { median, round } from './statistics';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Options {
  readonly quick: boolean;
  readonly json: string | null;
}

function options(args: readonly string[]): Options {
  const at = args.indexOf('--json');
  return { quick: args.includes('--quick'), json: at >= 0 ? (args[at + 1] ?? null) : null };
}

const KNOWN_RECIPIENTS = 2_000;
const END_TO_END_MESSAGES = 20_000;
const END_TO_END_ROUNDS = 2;
/** Messages, before those that are measured end to end. */
const WARM_UP = 5_000;

class Bench {
  private readonly ratios: Record<string, Ratio> = {};
  private readonly rates: Rate[] = [];
  private readonly memoryMb: Record<string, number | null> = {};

  constructor(
    private readonly services: BenchServices,
    private readonly options: Options,
  ) {}

  /** What becomes of messages, the read models and what it takes to keep them. */
  async wholeWay(): Promise<void> {
    const { databaseUrl, keys } = await this.begin();
    // Before any load: for a minute or two after one Postgres vacuums what it left.
    await this.idle(databaseUrl);
    await this.endToEnd(databaseUrl, keys);
    if (!this.options.quick) await this.rebuild();
    await this.storeMemory();
  }

  /** On services of its own: nothing dispatches what is left there, and neither side meets what another load has left. */
  async accepting(): Promise<void> {
    const { databaseUrl, keys } = await this.begin();
    await this.accept(databaseUrl, keys);
    // Two thousand messages from end to end leave no log to speak of.
    if (this.options.quick) await this.rebuild();
  }

  measured(): Omit<Report, 'machine'> {
    return { ratios: this.ratios, rates: this.rates, memoryMb: this.memoryMb };
  }

  private async begin(): Promise<{ readonly databaseUrl: string; readonly keys: readonly string[] }> {
    const databaseUrl = await makeDatabase(this.services, 'gateway');
    return { databaseUrl, keys: await provision(this.services, databaseUrl, this.options.quick ? 50 : 200) };
  }

  /** Dispatch, projection and the competitor's worker off on both sides. */
  private async accept(databaseUrl: string, keys: readonly string[]): Promise<void> {
    const crudDatabase = await prepareCrud(this.services);
    const application = await this.services.application(databaseUrl, 'api');
    const transaction = await startCrud(this.services, crudDatabase, 'transaction', 'off');
    const statement = await startCrud(this.services, crudDatabase, 'statement', 'off');
    const ours = this.services.applicationUrl;
    const first = freshRecipients(KNOWN_RECIPIENTS);
    const side = (name: string, url: string, of: readonly string[], recipients = KNOWN_RECIPIENTS): Side => ({
      name,
      url,
      keys: of,
      recipients,
      firstRecipient: first,
    });
    const hot = [
      side('accept, hot wallet: gateway', ours, keys.slice(0, 1)),
      side('accept, hot wallet: plain, transaction', transaction.url, transaction.keys.slice(0, 1)),
      side('accept, hot wallet: plain, one statement', statement.url, statement.keys.slice(0, 1)),
    ];
    const many = [
      side(`accept, ${keys.length} wallets: gateway`, ours, keys),
      side(`accept, ${keys.length} wallets: gateway, new recipients`, ours, keys, 0),
      side(`accept, ${CRUD_WALLETS} wallets: plain, transaction`, transaction.url, transaction.keys),
    ];
    const rounds = this.options.quick ? 1 : 3;
    const seconds = this.options.quick ? 2 : 4;
    try {
      say('warming up');
      // Long enough for the compiler to have settled on either side.
      await measureAccept([...hot, ...many], 64, 1, this.options.quick ? 3 : 6, () => undefined);
      const cells = new Map<string, Cell[]>();
      for (const connections of this.options.quick ? [1, 64] : [1, 16, 64]) {
        cells.set(`hot ${connections}`, await measureAccept(hot, connections, rounds, seconds, say));
        cells.set(`many ${connections}`, await measureAccept(many, connections, rounds, seconds, say));
      }
      this.memoryMb['application accepting, 64 connections'] = privateMemoryMb(application.pid());
      this.memoryMb['plain gateway accepting'] = privateMemoryMb(transaction.pid());
      this.recordAccept(cells);
    } finally {
      await Promise.all([application.stop(), transaction.stop(), statement.stop()]);
    }
  }

  private recordAccept(cells: ReadonlyMap<string, readonly Cell[]>): void {
    for (const row of cells.values())
      for (const { side, connections, perS, p50Ms, p99Ms } of row)
        this.rates.push({ name: `${side}, ${connections} conn.`, perS, p50Ms, p99Ms });
    const [gateway, transaction, statement] = cells.get('hot 64') ?? [];
    const [manyGateway, , manyPlain] = cells.get('many 64') ?? [];
    const [single, singlePlain] = cells.get('hot 1') ?? [];
    if (!gateway || !transaction || !statement || !manyGateway || !manyPlain || !single || !singlePlain)
      throw new Error('a comparison is missing a side');
    this.ratios['R1'] = { value: ratioOf(gateway, transaction, 'perS'), atLeast: 3 };
    this.ratios['R1.p99'] = { value: ratioOf(gateway, transaction, 'p99Ms'), atMost: 0.5 };
    this.ratios['R2'] = { value: ratioOf(gateway, statement, 'perS'), atLeast: 1.3 };
    this.ratios['R3'] = { value: ratioOf(manyGateway, manyPlain, 'perS'), atLeast: 1.1 };
    this.ratios['R3.p99'] = { value: ratioOf(manyGateway, manyPlain, 'p99Ms'), atMost: 1 };
    this.ratios['R4'] = { value: ratioOf(single, singlePlain, 'p50Ms'), atMost: 2 };
    const sixteen = cells.get('hot 16')?.[0];
    this.ratios['promise.202_p99_ms'] = sixteen
      ? { value: sixteen.p99Ms, atMost: 200 }
      : { skipped: 'measured at 16 connections, which --quick leaves out' };
  }

  /** Both sides bind to one message centre over SMPP, which costs next to nothing and takes everything. */
  private async endToEnd(databaseUrl: string, keys: readonly string[]): Promise<void> {
    const { quick } = this.options;
    const [rounds, amount] = quick ? [1, 2_000] : [END_TO_END_ROUNDS, END_TO_END_MESSAGES / END_TO_END_ROUNDS];
    const centre = await MessageCentre.start();
    const environment = centre.environment(TIERS.length);
    const measure = (messages: number): Promise<EndToEnd> =>
      measureEndToEnd(this.services.applicationUrl, keys.slice(0, 1), databaseUrl, messages);
    try {
      const two = await this.services.twoProcesses(databaseUrl, environment);
      const kannel: (number | null)[] = [];
      const ours: EndToEnd[] = [];
      try {
        // The compiler settles meanwhile, as before the accepts.
        if (!quick) await measure(WARM_UP);
        kannel.push(await this.kannel(amount, centre));
        for (let round = 0; round < rounds; round++) {
          ours.push(await measure(amount));
          this.recordMemory(two.map((process) => privateMemoryMb(process.pid())));
          kannel.push(await this.kannel(amount, centre));
        }
      } finally {
        for (const process of two) await process.stop();
      }
      this.recordEndToEnd(ours, kannel, amount);
      if (!quick) this.recordOneProcess(await this.inOneProcess(databaseUrl, environment, measure, amount), amount);
    } finally {
      await centre.stop();
    }
  }

  private async inOneProcess(
    databaseUrl: string,
    environment: NodeJS.ProcessEnv,
    measure: (messages: number) => Promise<EndToEnd>,
    amount: number,
  ): Promise<EndToEnd> {
    const one = await this.services.application(databaseUrl, 'api,dispatcher,projector', environment);
    try {
      await measure(WARM_UP);
      return await measure(amount);
    } finally {
      this.memoryMb['application in one process, under load'] = privateMemoryMb(one.pid());
      await one.stop();
    }
  }

  private recordOneProcess({ perS }: EndToEnd, amount: number): void {
    this.rates.push({ name: `accepted to delivered, audited, projected, ${amount}`, note: 'one process', perS });
  }

  /** Together. The last word holds: what has grown stays. */
  private recordMemory([serving, projector]: readonly (number | null)[]): void {
    this.memoryMb['application, serving and dispatching, under load'] = serving ?? null;
    this.memoryMb['application, projecting, under load'] = projector ?? null;
    this.ratios['R9.app'] =
      serving == null || projector == null
        ? { skipped: 'this system does not tell private memory' }
        : { value: serving + projector, atMost: 400 };
  }

  /** Messages a second; null where it is not measured. */
  private async kannel(amount: number, centre: MessageCentre): Promise<number | null> {
    if (this.options.quick || !kannelInstalled()) return null;
    const folder = mkdtempSync(join(tmpdir(), 'waht-kannel-'));
    try {
      return await measureKannel(folder, amount, centre.port);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Each round of ours against the mean of Kannel's before and after it: what the machine does meanwhile happens to both. */
  private recordEndToEnd(ours: readonly EndToEnd[], kannel: readonly (number | null)[], amount: number): void {
    const rateOf = (rates: readonly number[]): number => round(median(rates), 1);
    const name = `accepted to delivered, audited, projected, ${ours.length} x ${amount}`;
    this.rates.push({ name, note: 'two processes', perS: rateOf(ours.map(({ perS }) => perS)) });
    const accepting = rateOf(ours.map(({ acceptPerS }) => acceptPerS));
    this.rates.push({ name: 'accepting meanwhile, 64 conn., everything on', perS: accepting });
    const theirs = kannel.filter((rate) => rate !== null);
    if (theirs.length <= ours.length) {
      const why = this.options.quick ? '--quick' : 'Kannel is not installed (Debian package kannel)';
      this.ratios['R5'] = { skipped: why };
      return;
    }
    this.rates.push({ name: `Kannel, spool, SMPP, reports on, ${theirs.length} x ${amount}`, perS: rateOf(theirs) });
    const ratios = ours.map(({ perS }, at) => perS / (((theirs[at] ?? NaN) + (theirs[at + 1] ?? NaN)) / 2));
    this.ratios['R5'] = { value: round(median(ratios), 2), atLeast: 0.4 };
  }

  private async idle(databaseUrl: string): Promise<void> {
    this.ratios['R10'] = this.options.quick ? { skipped: '--quick' } : await measureIdle(this.services, databaseUrl);
  }

  private async rebuild(): Promise<void> {
    const rebuild = await measureRebuild(this.services);
    this.rates.push({ name: `rebuild of every read model, ${rebuild.events} events`, perS: rebuild.perS });
    this.rates.push({
      name: 'a new projector on an empty database, to the same event',
      perS: rebuild.fromNothingPerS,
      note: 'its start, its migrations and the audit log included',
    });
    this.ratios['R6'] = { value: rebuild.perS, atLeast: 10_000 };
  }

  private async storeMemory(): Promise<void> {
    if (this.options.quick) {
      this.ratios['R9.store'] = { skipped: '--quick' };
      return;
    }
    const store = await measureStoreMemory(this.services, 1_000_000, say);
    this.memoryMb['embedded event store, 1 000 000 events, after a full $all read'] = store;
    this.ratios['R9.store'] =
      store === null ? { skipped: 'this system does not tell private memory' } : { value: store, atMost: 250 };
  }
}

async function main(): Promise<void> {
  const chosen = options(process.argv.slice(2));
  let services: BenchServices | null = null;
  const interrupted = (): void => void (services?.stop() ?? Promise.resolve()).finally(() => process.exit(130));
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  const part = async (work: (bench: Bench) => Promise<void>): Promise<Omit<Report, 'machine'>> => {
    services = await BenchServices.start(join(process.cwd(), 'dist'));
    try {
      const bench = new Bench(services, chosen);
      await work(bench);
      return bench.measured();
    } finally {
      await services.stop();
    }
  };
  const accept = await part((bench) => bench.accepting());
  const rest = await part((bench) => bench.wholeWay());
  const report: Report = {
    ratios: { ...accept.ratios, ...rest.ratios },
    rates: [...accept.rates, ...rest.rates],
    memoryMb: { ...accept.memoryMb, ...rest.memoryMb },
    machine: machine(),
  };
  print(report);
  if (chosen.json !== null) writeFileSync(chosen.json, `${JSON.stringify(report, null, 2)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
