import { scoreOf, type Baseline, type ScoreInputs } from './score';
import { windowOf, type MinuteOfCustomer, type ProviderWindow } from './window';

/** What a provider delivered to one network over 24 hours, but for the window that is judged; null: to numbers of unknown networks. */
export interface DayOfNetwork extends Baseline {
  readonly network: string | null;
}

/** What was counted of one provider. */
export interface Counted {
  readonly minutes: readonly MinuteOfCustomer[];
  readonly day: readonly DayOfNetwork[];
}

/** Minutes since the epoch: when it is looked at, and before which nothing counts. */
export interface Span {
  readonly nowMinute: number;
  readonly sinceMinute: number;
}

export interface Counts {
  readonly window: ProviderWindow;
  readonly baseline: Baseline;
}

export const countsOfAll = (counted: Counted, span: Span): Counts => countsWhere(counted, span, () => true);

export const countsOfNetwork = (counted: Counted, network: string, span: Span): Counts =>
  countsWhere(counted, span, (one) => one === network);

function countsWhere(
  { minutes, day }: Counted,
  { nowMinute, sinceMinute }: Span,
  counts: (network: string | null) => boolean,
): Counts {
  const rows = minutes.filter(({ network }) => counts(network));
  let [due, delivered] = [0, 0];
  for (const one of day) {
    if (!counts(one.network)) continue;
    due += one.due;
    delivered += one.delivered;
  }
  return { window: windowOf(rows, nowMinute, sinceMinute), baseline: { due, delivered } };
}

export interface WholeRequest {
  readonly span: Span;
  /** Networks whose traffic left it, or returns to it, by itself. */
  readonly moved: readonly string[];
  /** What each network with enough samples is judged by. */
  readonly networks: ReadonlyMap<string, ScoreInputs>;
  readonly degradeUnder: number;
  readonly reportsSilentEverywhere: boolean;
}

/**
 * By what a provider is judged as a whole: not by networks that were moved by themselves or whose reports have stopped from all
 * providers, and not by those that are bad where the rest is enough to say how the others fare. One bad network then takes only
 * its own traffic away; a provider that is bad at all of them goes as a whole.
 */
export function asAWhole(
  counted: Counted,
  { span, moved, networks, degradeUnder, reportsSilentEverywhere }: WholeRequest,
): { readonly leftOut: readonly string[]; readonly inputs: ScoreInputs } {
  const without = (...networks: readonly string[]) => {
    const leftOut = [...new Set(networks)].sort();
    const counts = countsWhere(counted, span, (network) => network === null || !leftOut.includes(network));
    return { leftOut, inputs: { ...counts, reportsSilentEverywhere } };
  };
  const those = (are: (inputs: ScoreInputs) => boolean): string[] =>
    [...networks].filter(([, inputs]) => are(inputs)).map(([network]) => network);
  const silent = those((inputs) => inputs.reportsSilentEverywhere && !reportsSilentEverywhere);
  const bad = those((inputs) => (scoreOf(inputs).value ?? 100) < degradeUnder);
  const rest = without(...moved, ...silent, ...bad);
  return scoreOf(rest.inputs).value === null ? without(...moved, ...silent) : rest;
}
