interface Network {
  /** MCC and MNC; Equitel by the code under which the aggregators know it. */
  readonly code: string;
  readonly name: string;
  /** The three digits after +254; ends of ranges are inclusive. */
  readonly prefixes: string;
}

/** Kenya's mobile prefixes by the network that they were assigned to. What is assigned to nobody here is unknown. */
const KENYAN_NETWORKS: readonly Network[] = [
  { code: '63902', name: 'Safaricom', prefixes: '110-115 700-729 740-743 745-746 748 757-759 768-769 790-799' },
  { code: '63903', name: 'Airtel', prefixes: '100-108 730-739 750-756 762 780-789' },
  { code: '63904', name: 'Mobile Pay', prefixes: '760' },
  { code: '63907', name: 'Telkom', prefixes: '770-779' },
  { code: '63909', name: 'Homeland Media', prefixes: '744' },
  { code: '63910', name: 'Faiba', prefixes: '747' },
  { code: '63999', name: 'Equitel', prefixes: '763-766' },
];

/** Every network that a number can be of here: its name, by MCC and MNC. */
export const NETWORKS: ReadonlyMap<string, string> = new Map(KENYAN_NETWORKS.map(({ code, name }) => [code, name]));

const KENYA = '+254';
const byPrefix: (string | null)[] = Array.from({ length: 1_000 }, () => null);
for (const { code, prefixes } of KENYAN_NETWORKS) {
  for (const range of prefixes.split(' ')) {
    const [first = '', last = first] = range.split('-');
    byPrefix.fill(code, Number(first), Number(last) + 1);
  }
}

/**
 * The network that a number's prefix was assigned to, as MCC and MNC (`63902`); null where that is not known, and for numbers
 * outside Kenya. An estimate: a number keeps its prefix when its owner takes it to another network.
 */
export function networkOf(e164: string): string | null {
  if (!e164.startsWith(KENYA)) return null;
  return byPrefix[Number(e164.slice(KENYA.length, KENYA.length + 3))] ?? null;
}
