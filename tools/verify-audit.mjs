/**
 * Proves an exported log (`waht audit export`, JSON Lines, whole) by the signed heads alone: no service, no database, none of
 * the program's code. It is short so that an auditor can read it.
 *
 *   node tools/verify-audit.mjs audit.jsonl heads.jsonl PUBLIC_KEY[,PUBLIC_KEY…] [audit|access]
 *
 * PUBLIC_KEY: 32 bytes of Ed25519 in base64url, as `waht audit key` printed it when the auditor first asked.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const [logFile, headsFile, keyList, log = 'audit'] = process.argv.slice(2);
if (!keyList) stop('Usage: node tools/verify-audit.mjs LOG HEADS PUBLIC_KEY[,…] [audit|access]');
const GENESIS = '0'.repeat(64);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const linesOf = (file) => createInterface({ input: createReadStream(file), crlfDelay: Infinity });
/** Canonical JSON: members by name, no spaces. */
const canonical = (members) =>
  JSON.stringify(Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))));

const keys = new Map(
  keyList.split(',').map((text) => {
    const bytes = Buffer.from(text, 'base64url');
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes]);
    return [sha256(bytes).toString('hex').slice(0, 16), createPublicKey({ key: der, format: 'der', type: 'spki' })];
  }),
);

// 1. The heads: each names the hash of the line before it, and is signed.
const heads = new Map();
let previousLine = GENESIS;
let line = 0;
const restored = [];
for await (const text of linesOf(headsFile)) {
  line += 1;
  const { signature, ...signed } = JSON.parse(text);
  const key = keys.get(signed.key_id);
  if (key === undefined) stop(`heads, line ${line}: signed by the unknown key ${signed.key_id}`);
  if (!verify(null, Buffer.from(canonical(signed)), key, Buffer.from(signature, 'base64url')))
    stop(`heads, line ${line}: the signature is wrong`);
  if (signed.previous !== previousLine) stop(`heads, line ${line}: does not follow the line before`);
  previousLine = sha256(text).toString('hex');
  if (signed.log !== log) continue;
  // The event log had lost what lies behind this row and was accepted as it is: earlier heads of later rows speak of what was lost.
  if (signed.format === 'waht-audit-restored-1') {
    restored.push(`row ${signed.seq}, ${signed.time}`);
    for (const seq of heads.keys()) if (BigInt(seq) > BigInt(signed.seq)) heads.delete(seq);
  }
  if (signed.seq !== '0') heads.set(signed.seq, signed.hash);
}

// 2. The log: each row's hash is that of its members, its place and the hash before; where a head names it, it is the same.
let seq = 0n;
let previous = GENESIS;
let signedUpTo = 0n;
for await (const text of linesOf(logFile)) {
  const { hash, ...row } = JSON.parse(text);
  seq += 1n;
  if (row.seq !== String(seq)) stop(`row ${seq} is missing: row ${row.seq} stands in its place`);
  if (sha256(canonical({ ...row, previous })).toString('hex') !== hash)
    stop(`row ${seq} does not have the hash of what it says`);
  const head = heads.get(row.seq);
  if (head !== undefined && head !== hash)
    stop(`row ${seq} is not the one that was signed: something after row ${signedUpTo} was changed`);
  if (head !== undefined) signedUpTo = seq;
  heads.delete(row.seq);
  previous = hash;
}
const [beyond] = heads.keys();
if (beyond !== undefined) stop(`the log ends at row ${seq}, and a signed head names row ${beyond}`);
process.stdout.write(`The ${log} log holds: ${seq} rows, signed up to row ${signedUpTo}, ${previous}\n`);
for (const where of restored)
  process.stdout.write(`It was made anew from a restored event log after ${where}: ask what was lost\n`);

function stop(why) {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
