import { cappedShare, type ProviderWindow, type Share } from './window';

/** Fewer than so many samples say nothing. */
export const ENOUGH_SAMPLES = 20;
/** An answer that takes longer counts as slow, milliseconds. */
export const SLOW_CALL_MS = 3_000;
/** A delivery that takes longer after acceptance counts as late, milliseconds. */
export const LATE_DELIVERY_MS = 60_000;

export type ComponentName = 'accept' | 'delivery' | 'timeouts' | 'latency' | 'delay';

/**
 * How a rate becomes points: `worst` or less is 0, `best` or more is 100, in between a straight line. The weights say how much
 * each counts; components without enough samples are left out, and the others count for more.
 */
export const SCORING: { readonly [name in ComponentName]: { weight: number; worst: number; best: number } } = {
  /** Calls that were accepted. */
  accept: { weight: 40, worst: 0.5, best: 0.98 },
  /** Due reports that say delivered, against what this provider delivered in its last 24 hours before them. */
  delivery: { weight: 40, worst: 0.5, best: 0.95 },
  /** Calls that were answered in time. */
  timeouts: { weight: 10, worst: 0.7, best: 0.99 },
  /** Answered calls that were answered quickly. */
  latency: { weight: 5, worst: 0.5, best: 0.95 },
  /** Deliveries that came within a minute. */
  delay: { weight: 5, worst: 0.5, best: 0.95 },
};

/** What a provider delivered over 24 hours, but for the window that is compared with it. */
export interface Baseline {
  readonly due: number;
  readonly delivered: number;
}

export interface Component {
  readonly name: ComponentName;
  readonly samples: number;
  /** 0 to 1, of delivery against the baseline. */
  readonly rate: number;
  /** 0 to 100. */
  readonly points: number;
}

export interface Score {
  /** 0 to 100, one decimal; null where there were too few attempts to say. */
  readonly value: number | null;
  readonly components: readonly Component[];
}

export interface ScoreInputs {
  readonly window: ProviderWindow;
  readonly baseline: Baseline;
  /** Reports have stopped from all providers at once: that is not theirs to answer for. */
  readonly reportsSilentEverywhere: boolean;
}

/** Kept to four decimals, so that what an event says is what was calculated with. */
const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;

export function scoreOf({ window, baseline, reportsSilentEverywhere }: ScoreInputs): Score {
  const { calls, reports } = window;
  const attempts = cappedShare(
    calls,
    (c) => c.attempts,
    (c) => c.accepted,
  );
  const shares: readonly (readonly [ComponentName, Share])[] = [
    ['accept', attempts],
    ['delivery', reportsSilentEverywhere ? { samples: 0, rate: null } : againstBaseline(window, baseline)],
    [
      'timeouts',
      cappedShare(
        calls,
        (c) => c.attempts,
        (c) => c.attempts - c.timeouts,
      ),
    ],
    [
      'latency',
      cappedShare(
        calls,
        (c) => c.attempts - c.timeouts,
        (c) => Math.max(0, c.attempts - c.timeouts - c.slow),
      ),
    ],
    [
      'delay',
      cappedShare(
        reports,
        (r) => r.delivered,
        (r) => r.delivered - r.late,
      ),
    ],
  ];
  const components: Component[] = [];
  for (const [name, { samples, rate }] of shares) {
    if (rate === null || samples < ENOUGH_SAMPLES) continue;
    const { worst, best } = SCORING[name];
    const points = 100 * Math.min(1, Math.max(0, (rate - worst) / (best - worst)));
    components.push({ name, samples: rounded(samples), rate: rounded(rate), points: rounded(points) });
  }
  if (attempts.samples < ENOUGH_SAMPLES) return { value: null, components };
  let weights = 0;
  let sum = 0;
  for (const { name, points } of components) {
    weights += SCORING[name].weight;
    sum += SCORING[name].weight * points;
  }
  return { value: Math.round((10 * sum) / weights) / 10, components };
}

/** Against itself: a provider that never reports every delivery is not worse for it today. */
function againstBaseline({ reports }: ProviderWindow, baseline: Baseline): Share {
  const { samples, rate } = cappedShare(
    reports,
    (r) => r.due,
    (r) => r.delivered,
  );
  if (rate === null || baseline.due < ENOUGH_SAMPLES) return { samples, rate };
  // One that has delivered nothing all day cannot be told from one that reports nothing.
  if (baseline.delivered === 0) return { samples: 0, rate: null };
  return { samples, rate: Math.min(1, rate / (baseline.delivered / baseline.due)) };
}

/**
 * Reports are due from at least two providers, from each enough to say, and not one has come from any: the way of the
 * reports is broken, not the providers.
 */
export function reportsStoppedEverywhere(windows: readonly ProviderWindow[]): boolean {
  const dueFrom = windows.filter(({ reports }) => reports.largest.due + reports.others.due >= ENOUGH_SAMPLES);
  return (
    dueFrom.length >= 2 && dueFrom.every(({ reports }) => reports.largest.delivered + reports.others.delivered === 0)
  );
}
