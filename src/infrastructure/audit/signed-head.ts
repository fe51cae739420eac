import { hash } from 'node:crypto';
import { canonicalJson, GENESIS, type ChainEnd } from '../../projections/shared/hash-chain';
import type { SigningKey, VerifyingKey } from './signing-keys';

export const LOGS = ['audit', 'access'] as const;
/** Whose head: the audit log's or the log of refused calls. Both stand in one file. */
export type LogName = (typeof LOGS)[number];

/** The end of a chain at some time. */
export interface HeadFacts extends ChainEnd {
  readonly log: LogName;
  /** ISO. */
  readonly time: string;
  /**
   * The event log had lost what lies behind this row, was accepted as it is, and the audit log made anew from it: earlier
   * heads of later rows speak of what was lost.
   */
  readonly restored?: boolean;
}

/** The same, as it was signed. */
export interface SignedHead extends HeadFacts {
  readonly keyId: string;
  /** SHA-256, hex, of the line before, without its line end; 64 zeros before the first. */
  readonly previous: string;
}

/** What is wrong with the file of heads. @param line from 1. */
export interface HeadFault {
  readonly line: number;
  readonly detail: string;
}

const FORMAT = 'waht-audit-head-1';
const FORMAT_RESTORED = 'waht-audit-restored-1';
const MEMBERS = ['format', 'hash', 'key_id', 'log', 'previous', 'seq', 'signature', 'time'];

const lineHash = (line: string): string => hash('sha256', line, 'hex');

/** One line of the file: canonical JSON; the signature is over the canonical JSON of all the other members. */
export function headLine(key: SigningKey, head: HeadFacts, lineBefore: string | null): string {
  const members = {
    format: head.restored === true ? FORMAT_RESTORED : FORMAT,
    hash: head.hash,
    key_id: key.id,
    log: head.log,
    previous: lineBefore === null ? GENESIS : lineHash(lineBefore),
    seq: head.seq.toString(),
    time: head.time,
  };
  const signature = key.sign(canonicalJson(members)).toString('base64url');
  return canonicalJson({ ...members, signature });
}

/**
 * Reads the lines of a file of heads, each against the one before; stops at the first that does not hold.
 * @returns the heads that speak of the log as it is now, and where it was restored.
 */
export function checkHeads(
  lines: readonly string[],
  keys: readonly VerifyingKey[],
): { readonly heads: SignedHead[]; readonly restored: SignedHead[]; readonly fault: HeadFault | null } {
  const byId = new Map(keys.map((key) => [key.id, key]));
  let heads: SignedHead[] = [];
  const restored: SignedHead[] = [];
  const last = new Map<LogName, bigint>();
  let previous = GENESIS;
  for (const [i, line] of lines.entries()) {
    const read = readHead(line, byId);
    const fault =
      typeof read === 'string'
        ? read
        : read.previous !== previous
          ? 'does not follow the line before: lines are missing, added or in another order'
          : read.restored !== true && read.seq <= (last.get(read.log) ?? 0n)
            ? `names row ${read.seq}, and an earlier line a later row`
            : null;
    if (fault !== null || typeof read === 'string')
      return { heads, restored, fault: { line: i + 1, detail: fault ?? '' } };
    if (read.restored === true) {
      restored.push(read);
      heads = heads.filter(({ log, seq }) => log !== read.log || seq < read.seq);
    }
    // Row 0 is before the first: nothing stands there that could be compared.
    if (read.seq > 0n) heads.push(read);
    last.set(read.log, read.seq);
    previous = lineHash(line);
  }
  return { heads, restored, fault: null };
}

/** What is wrong with it, or the head. */
function readHead(line: string, keys: ReadonlyMap<string, VerifyingKey>): SignedHead | string {
  const members = membersOf(line);
  if (members === null) return 'is no line of this format';
  const { signature = '', ...signed } = members;
  const { log, seq = '', hash: end = '', key_id: keyId = '', previous = '', time = '' } = signed;
  const name = LOGS.find((one) => one === log);
  const restored = signed['format'] === FORMAT_RESTORED;
  const isOne = restored ? /^(0|[1-9]\d{0,18})$/ : /^[1-9]\d{0,18}$/;
  if (name === undefined || (signed['format'] !== FORMAT && !restored) || !isOne.test(seq)) {
    return 'is no line of this format';
  }
  const key = keys.get(keyId);
  if (key === undefined) return `is signed by key ${keyId.slice(0, 16)}, which is not one of those given`;
  if (!key.verifies(canonicalJson(signed), Buffer.from(signature, 'base64url'))) return 'has a signature that is wrong';
  return { log: name, seq: BigInt(seq), hash: end, time, keyId, previous, ...(restored ? { restored } : {}) };
}

function membersOf(line: string): Record<string, string> | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return null;
  const entries = Object.entries(value);
  const fits = entries.every(([name, member]) => MEMBERS.includes(name) && typeof member === 'string');
  return fits && entries.length === MEMBERS.length ? Object.fromEntries(entries) : null;
}
