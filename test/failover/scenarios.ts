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

/** The longest first, so that several at a time end together. */
export const SCENARIOS: readonly Scenario[] = [
  outage('hangs-before', 'hangs-after', true),
  outage('error-in-200', 'reset', true),
  outage('refuse', '503', true),
  outage('503', 'error-in-200', false),
  outage('reset', 'refuse', false),
  outage('hangs-after', 'hangs-before', false),
  allDown,
  contradictions,
  slowProvider,
  refusedSender,
  lateReceipts,
  ...CONTRACTS.map((contract) => mixedFaults(contract, contract.adapter === QUICK_ADAPTER)),
  ...CONTRACTS.map(shutCodes),
];
