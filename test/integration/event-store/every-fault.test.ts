import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AdapterUnderTest } from '../../support/adapter';
import { Everything } from '../../support/everything';
import { StoreProcess } from '../../support/store-process';
import { TcpProxy } from '../../support/tcp-proxy';

jest.setTimeout(60_000);

interface Line {
  readonly store: StoreProcess;
  readonly proxy: TcpProxy;
}

/** What is done to the line or the server, under load; and how long it may take from its end until all goes on. */
const FAULTS: readonly (readonly [name: string, withinMs: number, fault: (line: Line) => Promise<void>])[] = [
  ['the server stopped and started again', 5_000, ({ store }) => store.restart()],
  [
    'kill -9 of the server, back after a second',
    5_000,
    async ({ store }) => {
      await store.kill();
      await delay(1_000);
      await store.run();
    },
  ],
  [
    'SIGSTOP of the server for three seconds',
    5_000,
    async ({ store }) => {
      store.freeze();
      await delay(3_000);
      store.thaw();
    },
  ],
  [
    'five resets of all connections',
    5_000,
    async ({ proxy }) => {
      for (let n = 0; n < 5; n++) {
        proxy.resetAll();
        await delay(200);
      }
    },
  ],
  [
    'a latency of 150 ms each way for two seconds',
    5_000,
    async ({ proxy }) => {
      proxy.latencyMs = 150;
      await delay(2_000);
      proxy.latencyMs = 0;
    },
  ],
  [
    'a black hole of three seconds, after which all that was held arrives',
    5_000,
    async ({ proxy }) => {
      proxy.mode = 'black_hole';
      await delay(3_000);
      proxy.pass();
    },
  ],
  [
    'answers that are lost while requests arrive, on connections that then never carry anything again',
    12_000,
    async ({ proxy }) => {
      proxy.mode = 'hold_answers';
      await delay(300);
      proxy.stuckForEver();
    },
  ],
  [
    'connections closed slowly',
    5_000,
    async ({ proxy }) => {
      proxy.closeSlowly(500);
      await delay(600);
    },
  ],
  [
    'no connection for two seconds',
    5_000,
    async ({ proxy }) => {
      proxy.refusing = true;
      proxy.resetAll();
      await delay(2_000);
      proxy.refusing = false;
    },
  ],
];

describe('appends, reads, a feed and a group under load survive', () => {
  let store: StoreProcess;
  let proxy: TcpProxy;
  let adapter: AdapterUnderTest;

  beforeAll(async () => {
    store = await StoreProcess.start();
  });
  afterAll(() => store.remove());
  beforeEach(async () => {
    proxy = await TcpProxy.to('127.0.0.1', store.port);
    adapter = new AdapterUnderTest(`esdb://127.0.0.1:${proxy.port}?tls=false`);
  });
  afterEach(async () => {
    await adapter.close();
    await proxy.close();
  });

  it.each(FAULTS)('%s', async (name, withinMs, fault) => {
    const everything = await Everything.over(adapter, `wallet-${randomUUID()}-`);
    await everything.untilAllGoOn();
    await delay(300);
    await fault({ store, proxy });
    const took = await everything.untilAllGoOn();
    await everything.expectWhole();
    process.stderr.write(
      `${name}: ms until it goes on ${JSON.stringify(took)}; ${everything.written.length} events, none lost, none doubled, ${everything.worked.length - everything.written.length} handled again by the group\n`,
    );
    for (const ms of Object.values(took)) expect(ms).toBeLessThan(withinMs);
  });
});
