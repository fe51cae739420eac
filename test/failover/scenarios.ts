import { CONTRACTS } from './contracts';
import type { Scenario } from './scenario';
import { allDown } from './scenarios/all-down';
import { contradictions } from './scenarios/contradictions';
import { lateReceipts } from './scenarios/late-receipts';
import { mixedFaults } from './scenarios/mixed-faults';
import { outage } from './scenarios/outage';
import { refusedSender } from './scenarios/refused-sender';
import { shutCodes } from './scenarios/shut-codes';
import { slowProvider } from './scenarios/slow-provider';

/** The one whose simulator the quick form shows. */
const QUICK_ADAPTER = 'infobip';

const mixed = CONTRACTS.map((contract) => mixedFaults(contract, contract.adapter === QUICK_ADAPTER));

/** The quick ones first, of them the longest, so that several at a time end together. */
export const SCENARIOS: readonly Scenario[] = [
  outage('hangs-before', 'error-in-200', true),
  outage('refuse', 'hangs-after', true),
  ...mixed.filter(({ inQuick }) => inQuick),
  allDown,
  slowProvider,
  contradictions,
  refusedSender,
  outage('error-in-200', '503', false),
  outage('503', 'reset', false),
  outage('reset', 'refuse', false),
  outage('hangs-after', 'hangs-before', false),
  lateReceipts,
  ...mixed.filter(({ inQuick }) => !inQuick),
  ...CONTRACTS.map(shutCodes),
];
