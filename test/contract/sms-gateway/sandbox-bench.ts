import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import type { Adapter, SmppAccount, TierConfiguration } from '../../../src/application/ports/configuration';
import type { ReportReading } from '../../../src/application/ports/delivery-reports';
import type { InboundKind, InboundReading } from '../../../src/application/ports/inbound-texts';
import type { Logger } from '../../../src/application/ports/logger';
import { startSandbox } from '../../../src/infrastructure/embedded/sandbox/sandbox';
import { makeAccount } from '../../../src/infrastructure/providers/gateway-registry';
import type { ProviderAccount } from '../../../src/infrastructure/providers/provider-account';
import { inboundRoutes } from '../../../src/infrastructure/receipts/inbound-routes';
import { receiptRoutes } from '../../../src/infrastructure/receipts/receipt-routes';
import { eventually } from '../../support/eventually';
import type { ProviderBench } from './suite';

export const DEADLINE_MS = 2_500;
const NAME = 'acct';
const SECRET = 'the-secret';
/** Where the application is, as providers are told; what comes there is brought to its port by somebody else. */
const PUBLIC_BASE_URL = 'https://gateway.example.test/base';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

export interface SandboxBench extends ProviderBench {
  readonly gateway: ProviderAccount;
  /** Any switches of the control API. */
  set(settings: object): Promise<void>;
  /** Reports as they came, in order. */
  readonly kept: Buffer[];
  readings(): ReportReading[];
  /** Texts of people and opt-outs as they came, in order. */
  readonly keptTexts: { kind: InboundKind; raw: Buffer }[];
  textReadings(): (InboundReading | null)[];
  /** Parts joined, by the id of the whole. */
  readonly joined: Map<string, readonly string[]>;
  /** The next reports or texts cannot be kept. */
  failToKeep(times: number): void;
  /** Texts that a handset received. */
  inbox(): Promise<{ body: string; to: string; from: string; tier: string }[]>;
  /** Posts to an address of the application's. */
  post(path: string, body: string, headers?: Record<string, string>): Promise<number>;
  answerTo(path: string, body: string, headers?: Record<string, string>): Promise<{ status: number; text: string }>;
  /** Writes a text on a handset. */
  reply(from: string, to: string, body: string): Promise<void>;
  readonly reportPath: string;
  readonly inboundPath: string;
  readonly optOutPath: string;
  /** Another gateway to the same listener. */
  another(change: object): ProviderAccount;
}

export interface BenchOptions {
  /** Of the gateway's account; the listener's stay as they are. */
  readonly account?: object;
  readonly tier?: string;
}

/** An account of the sandbox's own making, for the listener on `port`. */
function accountOf(adapter: Adapter, port: number, change: object): TierConfiguration {
  const scheme = adapter === 'smpp' ? 'smpp' : 'http';
  const common = { tier: 'tier_1' as const, name: NAME, simulated: true, url: `${scheme}://127.0.0.1:${port}` };
  const smpp: Omit<SmppAccount, 'adapter' | keyof typeof common> = {
    systemId: 'waht',
    password: 'the-key',
    systemType: '',
    window: 10,
    messagesPerSecond: 1_000,
    enquireLinkMs: 30_000,
    receiptIds: 'same',
  };
  const credentials = {
    africastalking: { adapter: 'africastalking', username: 'waht', apiKey: 'the-key' },
    'africastalking-bulk': { adapter: 'africastalking-bulk', username: 'waht', apiKey: 'the-key' },
    infobip: { adapter: 'infobip', apiKey: 'the-key' },
    twilio: { adapter: 'twilio', accountSid: 'waht', authToken: 'the-key' },
    smpp: { adapter: 'smpp', ...smpp },
  } as const;
  return { ...common, ...credentials[adapter], ...change };
}

/** An adapter's gateway against the sandbox's listener of the same contract, and where its reports come to. */
export async function sandboxBench(adapter: Adapter, { account = {}, tier = 'tier_1' }: BenchOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'waht-gateway-'));
  const kept: Buffer[] = [];
  const joined = new Map<string, readonly string[]>();
  let failures = 0;
  const keptTexts: { kind: InboundKind; raw: Buffer }[] = [];
  const unlessItFails = (take: () => void): Promise<void> => {
    if (failures > 0) {
      failures -= 1;
      return Promise.reject(new Error('not now'));
    }
    take();
    return Promise.resolve();
  };
  const keep = (_provider: string, raw: Buffer): Promise<void> => unlessItFails(() => kept.push(raw));
  const put = (_provider: string, kind: InboundKind, raw: Buffer): Promise<void> =>
    unlessItFails(() => keptTexts.push({ kind, raw }));
  const address = `/callbacks/sms/${NAME}/${SECRET}`;
  const [reportPath, inboundPath, optOutPath] = [`${address}/reports`, `${address}/inbound`, `${address}/opt-outs`];
  const application = Fastify();
  const door = {
    admit: (name: string, callback: Parameters<ProviderAccount['admit']>[0]) =>
      name === NAME ? (gateway.admit(callback) ?? 'not_genuine') : 'unknown_provider',
    admitInbound: (name: string, ...rest: Parameters<ProviderAccount['admitInbound']>) =>
      name === NAME ? (gateway.admitInbound(...rest) ?? 'not_genuine') : 'unknown_provider',
    answersAreTexts: () => gateway.answersAreTexts ?? false,
  } as const;
  const callbacks = [SECRET, silent, { note: () => undefined }] as const;
  await application.register(receiptRoutes({ put: keep }, door, ...callbacks));
  await application.register(inboundRoutes({ put }, door, ...callbacks));
  const base = await application.listen({ port: 0, host: '127.0.0.1' });
  const listener = {
    name: NAME,
    tier,
    adapter,
    port: 0,
    username: 'waht',
    api_key: 'the-key',
    ...(adapter === 'smpp'
      ? {}
      : {
          callback_url: base + reportPath,
          inbound_url: base + inboundPath,
          opt_out_url: base + optOutPath,
          inbound_signed_url: PUBLIC_BASE_URL + inboundPath,
        }),
  };
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    port: 0,
    dataFolder: folder,
    providers: [listener],
    routes: true,
  });
  const around = {
    deadlineMs: DEADLINE_MS,
    connections: 16,
    reportUrl: PUBLIC_BASE_URL + reportPath,
    inboundUrl: PUBLIC_BASE_URL + inboundPath,
  };
  const make = (change: object) => makeAccount(accountOf(adapter, sandbox.providers[0]?.port ?? 0, change), around);
  const gateway = make(account);
  const join_ = (_provider: string, whole: string, parts: readonly string[]): Promise<void> => {
    joined.set(whole, parts);
    return Promise.resolve();
  };
  const desk = { keep, keepText: (name: string, raw: Buffer) => put(name, 'text', raw), join: join_ };
  gateway.open?.(desk);
  const others: ProviderAccount[] = [];
  const control = `http://127.0.0.1:${sandbox.port ?? 0}/sandbox`;
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const init = { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${control}${path}`, init);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? null : response.json();
  };
  const acceptedSoFar = async (): Promise<number> => {
    const { data } = (await call('GET', '/providers')) as { data: { accepted: number }[] };
    return data[0]?.accepted ?? 0;
  };
  let before = 0;
  const set = async (settings: object): Promise<void> => {
    await call('PATCH', `/providers/${NAME}`, settings);
  };
  let firstNumber = 0;
  const bench: SandboxBench = {
    gateway,
    set,
    kept,
    keptTexts,
    joined,
    reportPath,
    inboundPath,
    optOutPath,
    textReadings: () => keptTexts.map(({ kind, raw }) => gateway.readInbound(kind, raw)),
    readings: () =>
      kept
        .map((raw) => gateway.readReport(raw))
        .filter((reading): reading is ReportReading => reading !== null && !isOfEarlierTest(reading, firstNumber)),
    failToKeep: (times) => {
      failures = times;
    },
    inbox: async () =>
      ((await call('GET', '/inbox?limit=1000')) as { data: { body: string; to: string; from: string; tier: string }[] })
        .data,
    post: async (path, body, headers = {}) => (await fetch(base + path, { method: 'POST', body, headers })).status,
    answerTo: async (path, body, headers = {}) => {
      const answer = await fetch(base + path, { method: 'POST', body, headers });
      return { status: answer.status, text: await answer.text() };
    },
    reply: async (from, to, body) => {
      await call('POST', `/handsets/${encodeURIComponent(from)}/messages`, { to, body });
    },
    another: (change) => {
      const other = make(change);
      other.open?.(desk);
      others.push(other);
      return other;
    },
    taken: async () => (await acceptedSoFar()) - before,
    acceptsAll: async () => {
      // A session that an earlier test broke is made again after a pause that grows: what it is told meanwhile is of then.
      await call('PUT', `/providers/${NAME}`, {});
      await set({ report: { outcome: 'none' } });
      await eventually(async () => (await gateway.submit(submission())).kind === 'accepted', 20_000);
      await call('PUT', `/providers/${NAME}`, {});
      before = await acceptedSoFar();
      kept.length = 0;
      keptTexts.length = 0;
      failures = 0;
      firstNumber = lastNumber + 1;
    },
    refusesConnections: () => set({ outage: 'refuse' }),
    resetsConnections: () => set({ outage: 'reset' }),
    isOutOfOrder: (seconds) => set({ outage: '503', retry_after_s: seconds }),
    asksForPatience: (seconds) => set({ retry_after_s: seconds }),
    hangs: (hang) => set({ hang }),
    answers: (answer) => set({ answer }),
    isSlow: (latencyMs) => set({ latency_ms: Math.round(latencyMs) }),
    stop: async () => {
      await Promise.all([gateway, ...others].map((one) => one.close()));
      await sandbox.stop();
      await application.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

let lastNumber = 0;

/** Reports of messages that a test sent may come when the next one runs. `firstNumber`: of the test that runs. */
function isOfEarlierTest({ phone }: ReportReading, firstNumber: number): boolean {
  const number = /^\+2547223(\d{5})$/.exec(phone ?? '')?.[1];
  return number !== undefined && Number(number) < firstNumber;
}

/** To an ordinary number that no other test has. */
export const submission = (change: object = {}) => ({
  to: `+2547223${String(++lastNumber).padStart(5, '0')}`,
  from: 'WAHT',
  body: 'hello',
  encoding: 'gsm7' as const,
  messageId: `msg_${process.pid}_${lastNumber}`,
  attempt: 1,
  validForSeconds: 3_600,
  ...change,
});
