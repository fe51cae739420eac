/** Null when all is well, else what is missing, in a few words that hold no secret. */
export type ReadinessCheck = () => Promise<string | null> | string | null;

const DEADLINE_MS = 1_000;
const FRESH_MS = 1_000;

export interface ReadinessReport {
  readonly ready: boolean;
  /** By the name of the check: `ok`, or what is missing. */
  readonly checks: Readonly<Record<string, string>>;
}

/**
 * What `/health/ready` answers. Each part registers a check of its own; they run together, each with a deadline, and the
 * report is kept for a second so that a probe in a loop costs nothing.
 */
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();
  private closing: string | null = null;
  private last: { at: number; report: Promise<ReadinessReport> } | null = null;

  register(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  /** From here on the answer is no: the process is on its way out. */
  shut(reason: string): void {
    this.closing = reason;
    this.last = null;
  }

  report(): Promise<ReadinessReport> {
    const now = performance.now();
    if (this.last === null || now - this.last.at > FRESH_MS) this.last = { at: now, report: this.run() };
    return this.last.report;
  }

  private async run(): Promise<ReadinessReport> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, (await withDeadline(check)) ?? 'ok'] as const),
    );
    const checks = Object.fromEntries(results);
    if (this.closing !== null) checks.process = this.closing;
    return { ready: Object.values(checks).every((result) => result === 'ok'), checks };
  }
}

async function withDeadline(check: ReadinessCheck): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${DEADLINE_MS} ms`), DEADLINE_MS);
  });
  try {
    return await Promise.race([Promise.resolve(check()), late]);
  } catch (error) {
    return error instanceof Error ? `fails (${error.name})` : 'fails';
  } finally {
    clearTimeout(timer);
  }
}
