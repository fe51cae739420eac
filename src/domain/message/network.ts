type Range = readonly [first: number, last: number];

/**
 * Kenya's mobile prefixes (the three digits after +254) by the network that they were assigned to, as MCC and MNC. Ends are
 * inclusive. Equitel goes by the code under which the aggregators know it. What is assigned to nobody here is unknown.
 */
const KENYAN_NETWORKS: readonly (readonly [network: string, ranges: readonly Range[]])[] = [
  /** Safaricom */
  [
    '63902',
    [
      [110, 115],
      [700, 729],
      [740, 743],
      [745, 746],
      [748, 748],
      [757, 759],
      [768, 769],
      [790, 799],
    ],
  ],
  /** Airtel; 75x was Essar's. */
  [
    '63903',
    [
      [100, 108],
      [730, 739],
      [750, 756],
      [762, 762],
      [780, 789],
    ],
  ],
  /** Mobile Pay */
  ['63904', [[760, 760]]],
  /** Telkom */
  ['63907', [[770, 779]]],
  /** Homeland Media */
  ['63909', [[744, 744]]],
  /** Jamii Telecommunications (Faiba) */
  ['63910', [[747, 747]]],
  /** Equitel */
  ['63999', [[763, 766]]],
];

/** Every network that a number can be of here. */
export const NETWORKS: readonly string[] = KENYAN_NETWORKS.map(([network]) => network);

const KENYA = '+254';
const byPrefix: (string | null)[] = Array.from({ length: 1_000 }, () => null);
for (const [network, ranges] of KENYAN_NETWORKS) {
  for (const [first, last] of ranges) byPrefix.fill(network, first, last + 1);
}

/**
 * The network that a number's prefix was assigned to, as MCC and MNC (`63902`); null where that is not known, and for numbers
 * outside Kenya. An estimate: a number keeps its prefix when its owner takes it to another network.
 */
export function networkOf(e164: string): string | null {
  if (!e164.startsWith(KENYA)) return null;
  return byPrefix[Number(e164.slice(KENYA.length, KENYA.length + 3))] ?? null;
}
