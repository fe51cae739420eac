import type { Adapter, SmppAccount, TierConfiguration } from '../../application/ports/configuration';
import type { Tier } from '../../domain/routing/tiers';
import type { EnvironmentReader } from './environment';

interface Common {
  readonly tier: Tier;
  readonly name: string;
  readonly simulated: boolean;
}

/** What one adapter needs to know of its account. */
interface AccountKind {
  /** Where the provider is for everybody; null where each account has an address of its own. */
  readonly url: string | null;
  readonly protocols: readonly string[];
  /** Of a simulator. */
  readonly simulatedProtocols: readonly string[];
  read(reader: EnvironmentReader, prefix: string, common: Common & { readonly url: string }): TierConfiguration;
}

const HTTP = { protocols: ['https:'], simulatedProtocols: ['http:', 'https:'] };
const SMPP_PROTOCOLS = ['smpp:', 'ssmpp:'];
const RECEIPT_IDS: readonly SmppAccount['receiptIds'][] = ['same', 'hex', 'decimal'];
/** What a simulator, or an operator's test bind, carries easily. A real account's limit is in its contract. */
const SIMULATED_RATE = 1_000;
const DEFAULT_RATE = 30;

/** A credential of a real account; a simulator knows one name and one key whatever it speaks. */
function credential(
  reader: EnvironmentReader,
  prefix: string,
  { simulated, name }: Common,
  variable: string,
  purpose: string,
): string {
  if (!simulated) return reader.required(`${prefix}_${variable}`, purpose);
  const isName = ['USERNAME', 'ACCOUNT_SID', 'SYSTEM_ID'].includes(variable);
  return isName ? reader.text(`${prefix}_USERNAME`, 'sandbox') : reader.text(`${prefix}_API_KEY`, `${name}-key`);
}

const africasTalking = (adapter: 'africastalking' | 'africastalking-bulk'): AccountKind => ({
  url: 'https://api.africastalking.com',
  ...HTTP,
  read(reader, prefix, common) {
    const purpose = "the account's name and key at Africa's Talking";
    return {
      ...common,
      adapter,
      username: credential(reader, prefix, common, 'USERNAME', purpose),
      apiKey: credential(reader, prefix, common, 'API_KEY', purpose),
    };
  },
});

const infobip: AccountKind = {
  url: null,
  ...HTTP,
  read: (reader, prefix, common) => ({
    ...common,
    adapter: 'infobip',
    apiKey: credential(reader, prefix, common, 'API_KEY', "the account's key at Infobip"),
  }),
};

const twilio: AccountKind = {
  url: 'https://api.twilio.com',
  ...HTTP,
  read(reader, prefix, common) {
    const accountSid = credential(reader, prefix, common, 'ACCOUNT_SID', "the account's SID at Twilio, AC…");
    if (!common.simulated && accountSid !== '' && !/^AC[0-9a-fA-F]{32}$/.test(accountSid)) {
      reader.problem(`${prefix}_ACCOUNT_SID`, 'must be AC and 32 hexadecimal digits');
    }
    const authToken = credential(reader, prefix, common, 'AUTH_TOKEN', "the account's auth token at Twilio");
    return { ...common, adapter: 'twilio', accountSid, authToken };
  },
};

const smpp: AccountKind = {
  url: null,
  protocols: SMPP_PROTOCOLS,
  simulatedProtocols: SMPP_PROTOCOLS,
  read(reader, prefix, common) {
    const { simulated } = common;
    const [nameVariable, keyVariable] = simulated ? ['USERNAME', 'API_KEY'] : ['SYSTEM_ID', 'PASSWORD'];
    const systemId = credential(reader, prefix, common, 'SYSTEM_ID', 'the system_id that binds');
    const password = credential(reader, prefix, common, 'PASSWORD', 'the password that binds');
    const systemType = reader.text(`${prefix}_SYSTEM_TYPE`, '');
    // The fields of a bind have these lengths, a closing zero included (SMPP 3.4 §4.1.1).
    if (systemId.length > 15) reader.problem(`${prefix}_${nameVariable}`, 'must be at most 15 characters for SMPP');
    if (password.length > 8) reader.problem(`${prefix}_${keyVariable}`, 'must be at most 8 characters for SMPP');
    if (systemType.length > 12) reader.problem(`${prefix}_SYSTEM_TYPE`, 'must be at most 12 characters');
    const rate = simulated ? SIMULATED_RATE : DEFAULT_RATE;
    return {
      ...common,
      adapter: 'smpp',
      systemId,
      password,
      systemType,
      window: reader.integer(`${prefix}_WINDOW`, 10, { min: 1, max: 1_000 }),
      messagesPerSecond: reader.integer(`${prefix}_MESSAGES_PER_SECOND`, rate, { min: 1, max: 10_000 }),
      enquireLinkMs: reader.integer(`${prefix}_ENQUIRE_LINK_MS`, 30_000, { min: 100, max: 300_000 }),
      receiptIds: reader.oneOf(`${prefix}_RECEIPT_IDS`, RECEIPT_IDS, 'same'),
    };
  },
};

const KINDS: Readonly<Record<Adapter, AccountKind>> = {
  africastalking: africasTalking('africastalking'),
  'africastalking-bulk': africasTalking('africastalking-bulk'),
  infobip,
  twilio,
  smpp,
};

export const ADAPTERS: readonly Adapter[] = ['africastalking', 'africastalking-bulk', 'infobip', 'twilio', 'smpp'];

/** The account of one tier; `prefix`: `TIER_1` … `TEST_TIER_3`. What is wrong with it is noted with the reader. */
export function readAccount(
  reader: EnvironmentReader,
  prefix: string,
  adapter: Adapter,
  common: Common,
): TierConfiguration {
  const kind = KINDS[adapter];
  const variable = `${prefix}_URL`;
  const given = reader.raw(variable) ?? (common.simulated ? '' : (kind.url ?? ''));
  if (given === '') {
    const purpose = common.simulated
      ? 'the origin of the sandbox that plays this provider'
      : "the account's own address";
    reader.problem(variable, `is missing: ${purpose}`);
  }
  const url = reader.url(variable, given, common.simulated ? kind.simulatedProtocols : kind.protocols);
  if (url !== null && (!['', '/'].includes(url.pathname) || url.search !== '' || url.username !== '')) {
    reader.problem(variable, 'must be an origin, without a path or credentials');
  }
  // `origin` is opaque for protocols that browsers do not know.
  return kind.read(reader, prefix, { ...common, url: url === null ? '' : `${url.protocol}//${url.host}` });
}
