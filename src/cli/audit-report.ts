import type { ReplayReport } from '../infrastructure/audit/replay-audit';
import type { AuditReport } from '../infrastructure/audit/verify-audit';
import type { Finding } from '../infrastructure/audit/verify-chain';
import { facts } from './output';

const place = ({ log, row, since }: Finding): string =>
  log === 'heads' ? `line ${row}` : row === since + 1n ? `row ${row}` : `row ${since + 1n} to ${row}`;

/** What `waht audit verify --json` prints. 64-bit numbers are texts. */
export function verifyJson({ audit, access, heads, comparison, findings }: AuditReport): object {
  return {
    ok: findings.length === 0,
    audit: { rows: audit.rows.toString(), hash: audit.hash },
    access: { rows: access.rows.toString(), hash: access.hash },
    heads: {
      checked: heads.checked,
      last_audit_row: heads.last.audit?.toString() ?? null,
      last_access_row: heads.last.access?.toString() ?? null,
      torn: heads.torn,
      restored: heads.restored.map(({ after, at }) => ({ after_row: after.toString(), at })),
    },
    event_log:
      comparison === null ? null : { rows: comparison.rows.toString(), not_projected: comparison.notProjected },
    findings: findings.map(({ log, row, since, detail }) => ({
      log,
      row: row.toString(),
      first_possible_row: (since + 1n).toString(),
      detail,
    })),
  };
}

export function verifyText({ audit, access, heads, comparison, findings }: AuditReport): string {
  const signed = (last: bigint | null, rows: bigint): string =>
    last === null ? 'no row is signed yet' : `signed up to row ${last}, ${rows > last ? rows - last : 0n} after it`;
  const lines = facts([
    ['audit log', `${audit.rows} rows in the chain, ${audit.hash}`],
    ['', signed(heads.last.audit, audit.rows)],
    ['event log', comparison === null ? 'left out' : compared(comparison)],
    ['refused calls', `${access.rows} rows in the chain, ${access.hash}`],
    ['', signed(heads.last.access, access.rows)],
    ['signed heads', `${heads.checked} hold${heads.torn ? '; the last line was torn by a crash' : ''}`],
    ...heads.restored.map(({ after, at }) => ['restored', `made anew after row ${after} at ${at}`] as const),
  ]);
  if (findings.length === 0) return `${lines}\n\nEverything holds.`;
  const said = findings.map((finding) => `  ${finding.log} log, ${place(finding)}: ${finding.detail}`);
  return `${lines}\n\nIt does not hold. The first bad place of each:\n${said.join('\n')}`;
}

function compared({ rows, notProjected }: NonNullable<AuditReport['comparison']>): string {
  const later = notProjected === 0 ? '' : `, ${notProjected} newer events have no row yet`;
  return `${rows} rows are what it makes of them${later}`;
}

export function replayText(report: ReplayReport): string {
  const { rows, hash, differsAt, contradictsHeadAt, swapped, keptAs, restoredAfter } = report;
  const built = `${rows} rows were made from the event log, ${hash}.`;
  if (contradictsHeadAt !== null) {
    return `${built}\nRow ${contradictsHeadAt} is not the one that was signed: the event log itself was altered. Nothing was replaced.`;
  }
  if (differsAt === null) return `${built}\nThe log was the same, byte for byte; the rebuilt one serves now.`;
  const differs =
    restoredAfter === null
      ? `Row ${differsAt} stood there otherwise than the event log has it.`
      : `Up to row ${restoredAfter} it is as it was; what follows was accepted as lost.`;
  return swapped
    ? `${built}\n${differs} The rebuilt log serves now; the other is kept as ${keptAs}.`
    : `${built}\n${differs} Nothing was replaced: --replace does it, and keeps what stands there.`;
}
