import type { SmsGateway, SmsSubmission, SubmissionOutcome } from '../../../src/application/ports/sms-gateway';

/** What every adapter is put before: a provider that behaves as told. */
export interface ProviderBench {
  readonly gateway: SmsGateway;
  /** How many messages the provider has really taken since the last reset. */
  taken(): Promise<number>;
  acceptsAll(): Promise<void>;
  refusesConnections(): Promise<void>;
  resetsConnections(): Promise<void>;
  isOutOfOrder(retryAfterSeconds: number | null): Promise<void>;
  asksForPatience(retryAfterSeconds: number): Promise<void>;
  hangs(accepting: 'before_accept' | 'after_accept'): Promise<void>;
  answers(what: 'error_in_200' | 'html' | 'oversize'): Promise<void>;
  isSlow(latencyMs: number): Promise<void>;
  stop(): Promise<void>;
}

type Malformed = 'error_in_200' | 'html' | 'oversize';

/** Where contracts differ in what the router learns. */
export interface Dialect {
  /** The provider is in error as a whole. */
  readonly outOfOrder: (retryAfterSeconds: number | null) => object;
  readonly asksForPatience: (retryAfterSeconds: number) => object;
  readonly malformed: Readonly<Record<Malformed, object>>;
}

/** Over HTTP an error is a status, and an answer that is not in the contract took nothing. */
export const OVER_HTTP: Dialect = {
  outOfOrder: (retryAfterSeconds) => ({ kind: 'refused', class: 'R', code: 'http_503', retryAfterSeconds }),
  asksForPatience: (retryAfterSeconds) => ({ kind: 'refused', class: 'R', code: 'http_429', retryAfterSeconds }),
  malformed: {
    error_in_200: { kind: 'refused', class: 'F', byProvider: false, raw: { status: 200 } },
    html: {
      kind: 'refused',
      class: 'F',
      byProvider: false,
      code: 'unreadable_answer',
      raw: { status: 200, contentType: 'text/html; charset=iso-8859-1' },
    },
    oversize: {
      kind: 'refused',
      class: 'F',
      byProvider: false,
      code: 'answer_too_long',
      raw: { status: 200, contentType: 'application/json' },
    },
  },
};

const submission = (n: number): SmsSubmission => ({
  to: `+2547221${n.toString().padStart(5, '0')}`,
  from: 'WAHT',
  body: 'Habari – ça va? {1}',
  encoding: 'ucs2',
  messageId: `msg_${n}`,
  attempt: 1,
  validForSeconds: 86_400,
});

/** One suite, every adapter: what the router relies on, whatever the provider speaks. */
export function behavesAsGateway(start: () => Promise<ProviderBench>, dialect: Dialect): void {
  let bench: ProviderBench;
  let n = 0;
  const submit = (): Promise<SubmissionOutcome> => bench.gateway.submit(submission(++n));

  beforeAll(async () => {
    bench = await start();
  });
  beforeEach(() => bench.acceptsAll());
  afterAll(() => bench?.stop());

  it('says what the provider calls an accepted message', async () => {
    const outcome = await submit();
    expect(outcome).toMatchObject({ kind: 'accepted', providerMessageId: expect.stringMatching(/./) });
    expect(await bench.taken()).toBe(1);
  });
  it('gives each message an id of its own, many at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 40 }, submit));
    const ids = outcomes.map((outcome) => (outcome.kind === 'accepted' ? outcome.providerMessageId : outcome.kind));
    expect(new Set(ids).size).toBe(40);
    expect(await bench.taken()).toBe(40);
  });
  it('is refused, class R, where nobody listens', async () => {
    await bench.refusesConnections();
    const expected = { kind: 'refused', class: 'R', code: 'connection_refused', byProvider: false };
    expect(await submit()).toMatchObject(expected);
  });
  it('is refused, class R, where connections are reset before anything was written', async () => {
    await bench.resetsConnections();
    expect(await submit()).toMatchObject({ kind: 'refused', class: 'R', byProvider: false });
    expect(await bench.taken()).toBe(0);
  });
  it('is told that the provider is out of order', async () => {
    await bench.isOutOfOrder(null);
    expect(await submit()).toMatchObject(dialect.outOfOrder(null));
    await bench.isOutOfOrder(7);
    expect(await submit()).toMatchObject(dialect.outOfOrder(7));
    expect(await bench.taken()).toBe(0);
  });
  it.each(['before_accept', 'after_accept'] as const)(
    'is unknown without an answer (%s), in time',
    async (accepting) => {
      await bench.hangs(accepting);
      const before = performance.now();
      expect(await submit()).toEqual({ kind: 'unknown', code: 'no_answer_in_time' });
      const tookMs = performance.now() - before;
      expect(tookMs).toBeGreaterThanOrEqual(bench.gateway.deadlineMs - 5);
      expect(tookMs).toBeLessThan(bench.gateway.deadlineMs + 1_500);
      expect(await bench.taken()).toBe(accepting === 'after_accept' ? 1 : 0);
    },
  );
  it.each(['error_in_200', 'html', 'oversize'] as const)('is never an acceptance: %s', async (what) => {
    await bench.answers(what);
    expect(await submit()).toMatchObject(dialect.malformed[what]);
    expect(await bench.taken()).toBe(0);
  });
  it('waits for a slow provider up to its deadline', async () => {
    await bench.isSlow(bench.gateway.deadlineMs / 3);
    expect(await submit()).toMatchObject({ kind: 'accepted' });
  });
  it('works again after an outage', async () => {
    await bench.refusesConnections();
    await submit();
    await bench.acceptsAll();
    expect(await submit()).toMatchObject({ kind: 'accepted' });
  });
  it('is refused, class R, with the pause that the provider asks for', async () => {
    await bench.asksForPatience(9);
    expect(await submit()).toMatchObject(dialect.asksForPatience(9));
  });
}
