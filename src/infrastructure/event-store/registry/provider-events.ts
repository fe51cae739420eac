import { Type } from '@sinclair/typebox';
import type { JsonObject, JsonValue } from '../../../domain/shared/json';
import { third, type Upcaster } from './event-definition';
import { count, exact, instant, list, oneOf, orNull, text, tier } from './schema-parts';

const number = Type.Number({ minimum: 0 });

const calls = exact({ attempts: count, accepted: count, timeouts: count, slow: count });
const reports = exact({ due: count, delivered: count, late: count });
const standing = exact({
  provider: text,
  tier,
  status: oneOf('healthy', 'degraded', 'returning'),
  movedSecondsAgo: orNull(number),
  network: orNull(text),
  leftOut: list(text),
  inputs: exact({
    window: exact({
      fromMinute: count,
      toMinute: count,
      calls: exact({ largest: calls, others: calls }),
      reports: exact({ largest: reports, others: reports }),
    }),
    baseline: exact({ due: count, delivered: count }),
    reportsSilentEverywhere: Type.Boolean(),
  }),
});
const component = exact({
  name: oneOf('accept', 'delivery', 'timeouts', 'latency', 'delay'),
  samples: number,
  rate: number,
  points: number,
});
const move = exact({
  inputs: exact({
    subject: standing,
    alternatives: list(standing),
    thresholds: exact({ degradeUnder: number, margin: number, cooldownSeconds: number }),
  }),
  outcome: exact({
    kind: oneOf('degrade', 'stay'),
    why: oneOf(
      ...(['under_threshold', 'too_few_samples', 'over_threshold', 'cooling_down'] as const),
      ...(['no_better_tier', 'degraded_already'] as const),
    ),
    score: exact({ value: orNull(number), components: list(component) }),
    alternatives: list(
      exact({ provider: text, tier, score: orNull(number), verdict: oneOf('better', 'degraded', 'not_better') }),
    ),
  }),
});

/** Before there were scores, the cause was a circuit. */
const degradedByCircuit: Upcaster = ({ failuresInRow, lastCode, ...known }) => ({
  ...known,
  circuit: { failuresInRow: failuresInRow ?? 0, lastCode: lastCode ?? 'unknown' },
  move: null,
});

/** Before there were steps, a provider came back at once. */
const recoveredAtOnce: Upcaster = (data) => ({ ...data, sharePercent: 100 });

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const ofTheWhole = (standing: JsonValue): JsonValue =>
  isObject(standing) ? { ...standing, network: null, leftOut: [] } : standing;

/** Before networks had scores of their own, every move was of the provider as a whole. */
const degradedAsAWhole: Upcaster = ({ move, ...known }) => {
  if (!isObject(move) || !isObject(move['inputs'])) return { ...known, network: null, move: move ?? null };
  const { subject = null, alternatives, ...others } = move['inputs'];
  const inputs = {
    ...others,
    subject: ofTheWhole(subject),
    alternatives: Array.isArray(alternatives) ? alternatives.map(ofTheWhole) : (alternatives ?? null),
  };
  return { ...known, network: null, move: { ...move, inputs } };
};

const recoveredAsAWhole: Upcaster = (data) => ({ ...data, network: null });

/** Streams `provider-{name}`. */
export const providerEvents = {
  ProviderDegraded: third(
    'Routing leaves the provider alone until then, or one network at it; a move by score holds all that it was decided on.',
    exact({
      provider: text,
      tier: text,
      network: orNull(text),
      cause: oneOf('circuit', 'score'),
      until: instant,
      circuit: orNull(exact({ failuresInRow: count, lastCode: Type.String() })),
      move: orNull(move),
    }),
    degradedByCircuit,
    degradedAsAWhole,
  ),
  ProviderRecovered: third(
    'The provider gets this share of its traffic back, or of one network’s, in percent; at 100 it is back.',
    exact({ provider: text, tier: text, network: orNull(text), cause: oneOf('circuit', 'score'), sharePercent: count }),
    recoveredAtOnce,
    recoveredAsAWhole,
  ),
};
