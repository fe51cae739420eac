import type { ReportReading } from '../../../application/ports/delivery-reports';
import { toE164 } from '../wire';
import { REPORT_REASONS, REPORT_STATUSES } from './codes';

/** Reads the form of a delivery report; null where it is none, or of a status nobody knows. */
export function readAfricasTalkingReport(raw: Buffer): ReportReading | null {
  const form = new URLSearchParams(raw.toString('utf8'));
  const providerMessageId = form.get('id')?.trim() ?? '';
  const status = form.get('status')?.trim() ?? '';
  const byStatus = REPORT_STATUSES.get(status);
  if (providerMessageId === '' || providerMessageId.length > 200 || byStatus === undefined) return null;
  const failureReason = form.get('failureReason')?.trim() ?? '';
  const meaning = byStatus.outcome === 'failed' ? (REPORT_REASONS.get(failureReason) ?? byStatus) : byStatus;
  return {
    providerMessageId,
    phone: toE164(form.get('phoneNumber') ?? ''),
    code: byStatus.outcome === 'failed' && failureReason !== '' ? failureReason.slice(0, 100) : status,
    ...meaning,
  };
}
