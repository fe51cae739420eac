import type { Adapter } from '../../../src/application/ports/configuration';
import { readsReports } from './reports-suite';
import { sandboxBench } from './sandbox-bench';
import { readsTexts } from './texts-suite';
import { behavesAsGateway, OVER_HTTP, type Dialect } from './suite';

/** Twilio says that it is in error after it may have created the message. */
const TWILIO: Dialect = {
  ...OVER_HTTP,
  outOfOrder: () => ({ kind: 'unknown', code: 'http_503' }),
  asksForPatience: (retryAfterSeconds) => ({
    kind: 'refused',
    class: 'R',
    code: '20429',
    byProvider: true,
    retryAfterSeconds,
  }),
};

/** A message centre has statuses of its own, and what is not the protocol says nothing of the message. */
const SMPP: Dialect = {
  outOfOrder: () => ({ kind: 'refused', class: 'R', code: '0x08', byProvider: true }),
  asksForPatience: () => ({ kind: 'refused', class: 'R', code: '0x58', byProvider: true }),
  malformed: {
    error_in_200: { kind: 'unknown', code: 'accepted_without_id' },
    html: { kind: 'unknown', code: 'connection_lost' },
    oversize: { kind: 'unknown', code: 'connection_lost' },
  },
};

describe.each<[Adapter, Dialect]>([
  ['africastalking', OVER_HTTP],
  ['africastalking-bulk', OVER_HTTP],
  ['infobip', OVER_HTTP],
  ['twilio', TWILIO],
  ['smpp', SMPP],
])('a message at %s', (adapter, dialect) => behavesAsGateway(() => sandboxBench(adapter), dialect));

describe.each<Adapter>(['africastalking', 'africastalking-bulk', 'infobip', 'twilio', 'smpp'])(
  'reports of %s',
  (adapter) => readsReports(() => sandboxBench(adapter)),
);

describe.each<Adapter>(['africastalking', 'africastalking-bulk', 'infobip', 'twilio', 'smpp'])(
  'texts of %s',
  (adapter) => readsTexts(() => sandboxBench(adapter)),
);
