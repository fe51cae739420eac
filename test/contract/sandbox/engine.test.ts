import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallbackQueue } from '../../../src/infrastructure/embedded/sandbox/engine/callback-queue';
import { HttpCourier } from '../../../src/infrastructure/embedded/sandbox/engine/courier';
import { ChangeFeed } from '../../../src/infrastructure/embedded/sandbox/engine/change-feed';
import { fateOf, planDelivery } from '../../../src/infrastructure/embedded/sandbox/engine/fates';
import { Handsets } from '../../../src/infrastructure/embedded/sandbox/engine/handsets';
import { DEFAULT_REPORT } from '../../../src/infrastructure/embedded/sandbox/faults/settings';
import type { Owed } from '../../../src/infrastructure/embedded/sandbox/store/owed-store';
import { SandboxStore } from '../../../src/infrastructure/embedded/sandbox/store/sandbox-store';
import { Application, pause, providerConfig, until } from './support/bench';

describe("the sandbox's engine on its store", () => {
  const folder = mkdtempSync(join(tmpdir(), 'waht-sandbox-engine-'));
  const application = new Application();
  const store = SandboxStore.open(folder);
  const givenUp: Owed[] = [];
  let queue: CallbackQueue;

  beforeAll(async () => {
    await application.start();
    const courier = new HttpCourier({ reports: `${application.url}/reports` });
    queue = new CallbackQueue(
      'p',
      courier,
      store.owed,
      () => undefined,
      (owed) => givenUp.push(owed),
    );
    queue.start();
  });
  afterAll(async () => {
    await queue.stop();
    await store.close();
    await application.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    application.callbacks.length = 0;
  });

  const owe = async (id: string, dueMs: number, sinceMs = dueMs) => {
    const request = { target: 'reports' as const, contentType: 'application/x-www-form-urlencoded', body: `id=${id}` };
    const entry = store.owed.add({ ...request, provider: 'p', dueMs, sinceMs, tries: 0, then: [] });
    await store.committed();
    return entry;
  };

  it('can be read and is safe as soon as it is accepted', async () => {
    const handsets = new Handsets(store, new Map(), new ChangeFeed());
    await handsets.accept([
      {
        provider: providerConfig('tier_1', application.url),
        to: '+254712345678',
        from: 'WAHT',
        body: 'Hello',
        providerMessageId: 'x',
        plan: planDelivery(fateOf('+254712345678', 'tier_1'), DEFAULT_REPORT),
        writeReport: () => ({ target: 'reports', contentType: 'text/plain', body: 'x' }),
      },
    ]);
    // Only what is committed can be read, and nothing has had time to be committed since.
    expect(store.inbox.page(0, 10).data).toHaveLength(1);
    expect(store.owed.due('at-tier_1', { dueMs: 0, sequence: 0 }, Date.now() + 1_000, 10)).toHaveLength(1);
  });

  it('sends once what was due before the place that it has read up to, however often it is told', async () => {
    const now = await owe('now', Date.now());
    queue.notice([now]);
    await until(() => application.callbacks.length === 1);
    const late = await owe('late', Date.now() - 5_000);
    queue.notice([late]);
    queue.notice([late]);
    await until(() => application.callbacks.length === 2);
    await pause(100);
    queue.notice([late]);
    await pause(50);
    expect(application.callbacks.map(({ form }) => form['id'])).toEqual(['now', 'late']);
    expect(store.owed.has(late)).toBe(false);
  });

  it('gives up after ten minutes and says so', async () => {
    application.answers.push(500);
    const old = await owe('old', Date.now(), Date.now() - 600_000);
    queue.notice([old]);
    await until(() => givenUp.length === 1);
    await until(() => !store.owed.has(old));
    await pause(600);
    expect(application.callbacks).toHaveLength(1);
  });

  it('misses nothing and sends nothing twice in a burst', async () => {
    const dueMs = Date.now();
    const entries = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => owe(`b${index}`, dueMs + (index % 7))),
    );
    queue.notice(entries);
    await until(() => application.callbacks.length >= 1_000, 10_000);
    await pause(100);
    expect(new Set(application.callbacks.map(({ form }) => form['id'])).size).toBe(1_000);
    expect(application.callbacks).toHaveLength(1_000);
    expect(store.owed.nextDue('p', { dueMs: 0, sequence: 0 })).toBeNull();
  });
});
