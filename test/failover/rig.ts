import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../support/checker/check';
import type { Evidence } from '../support/checker/evidence';
import type { Findings } from '../support/checker/findings';
import type { EndRule } from '../support/checker/messages';
import { SandboxClient } from '../support/gateway-client';
import { Journal } from '../support/journal';
import { provision, type WantedCustomer } from '../support/provision';
import { settle } from '../support/settle';
import { type Stack, startStack } from '../support/stack';
import { Customers } from './customers';
import { ProviderWatch } from './provider-watch';

export interface RigOptions {
  /** Names the files that it leaves. */
  readonly name: string;
  /** Where they go. */
  readonly folder: string;
  readonly customers: readonly WantedCustomer[];
  /** From accept; what is not delivered by then ends. */
  readonly validitySeconds: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly adapters?: readonly string[];
}

/** What the checker saw and found. */
export interface Account {
  readonly findings: Findings;
  readonly evidence: Evidence;
}

export const REPORT_GRACE_S = 3;
/** Timers, projections and a machine that is shared. */
const SETTLE_SLACK_MS = 60_000;

/** The whole program with three simulated providers and customers of its own, and everything that a scenario looks at. */
export class Rig {
  private accounted: Account | null = null;

  private constructor(
    readonly stack: Stack,
    readonly sandbox: SandboxClient,
    readonly providers: ProviderWatch,
    readonly customers: Customers,
    private readonly journal: Journal,
    private readonly options: RigOptions,
  ) {}

  static async start(options: RigOptions): Promise<Rig> {
    const { name, folder, validitySeconds, adapters } = options;
    mkdirSync(folder, { recursive: true });
    const env = {
      DEFAULT_VALIDITY_SECONDS: String(validitySeconds),
      REPORT_GRACE_SECONDS: String(REPORT_GRACE_S),
      ...options.env,
    };
    const stack = await startStack({ env, adapters, demo: false });
    try {
      const made = await provision(stack, options.customers);
      const journal = new Journal(join(folder, `${name}.jsonl`));
      const customers = new Customers(stack.base, journal, options.customers, made);
      const watch = new ProviderWatch(stack.env['ESDB_URL'] ?? '', stack.handset);
      return new Rig(stack, new SandboxClient(stack.handset), watch, customers, journal, options);
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** The URL of a role that sees every row. */
  get databaseUrl(): string {
    return this.stack.env['DATABASE_MIGRATION_URL'] ?? '';
  }

  /** Waits until nothing moves any more, asks for what customers see, and recomputes all of it. */
  async account(endsOf: (evidence: Evidence) => EndRule): Promise<Account> {
    const { databaseUrl } = this;
    const eventStoreUrl = this.stack.env['ESDB_URL'] ?? '';
    const withinMs = (this.options.validitySeconds + REPORT_GRACE_S) * 1_000 + SETTLE_SLACK_MS;
    const settled = await settle({ databaseUrl, eventStoreUrl }, withinMs, 0);
    await this.customers.lookAround();
    const sources = { databaseUrl, eventStoreUrl, sandboxUrl: this.stack.handset, journal: this.journal.path };
    const account = await check(sources, endsOf);
    account.findings.saw(`seconds until rest (${settled.lastOpen})`, Math.round(settled.afterMs / 1_000));
    account.findings.expect(settled.open === null, 'rest', () => `after ${settled.afterMs} ms: ${settled.open}`);
    this.accounted = account;
    return account;
  }

  /** What is needed to look into what was found. */
  private keep({ log }: Evidence): void {
    const { name, folder } = this.options;
    cpSync(this.stack.logs, join(folder, `${name}-logs`), { recursive: true });
    const inJson = (event: object): string =>
      JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
    writeFileSync(join(folder, `${name}-events.jsonl`), log.map((event) => `${inJson(event)}\n`).join(''));
  }

  async stop(): Promise<void> {
    // Also what the scenario itself has found since.
    if (this.accounted !== null && this.accounted.findings.all.length > 0) this.keep(this.accounted.evidence);
    this.providers.stop();
    await this.customers.close();
    this.journal.close();
    await this.stack.stop();
  }
}
