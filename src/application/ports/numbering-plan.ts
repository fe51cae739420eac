import type { ForeignNumbers } from '../../domain/message/phone';

export const NUMBERING_PLAN = Symbol('NumberingPlan');

/** The numbering plans of the world outside Kenya, from a table in memory: no I/O. */
export interface NumberingPlan {
  readonly foreign: ForeignNumbers;
}
