/** One thing that must not be, under the rule that it breaks. */
export interface Finding {
  readonly rule: string;
  readonly what: string;
}

const MOST_A_RULE = 20;

/** What the checker has looked at and what it has found. */
export class Findings {
  readonly all: Finding[] = [];
  /** How much was looked at, by what: a check that saw nothing proves nothing. */
  readonly looked: Record<string, number> = {};
  private readonly byRule = new Map<string, number>();

  /** Notes a finding where the condition does not hold. */
  expect(holds: boolean, rule: string, what: () => string): void {
    if (holds) return;
    const before = this.byRule.get(rule) ?? 0;
    this.byRule.set(rule, before + 1);
    if (before < MOST_A_RULE) this.all.push({ rule, what: what() });
  }

  saw(what: string, times = 1): void {
    this.looked[what] = (this.looked[what] ?? 0) + times;
  }

  /** How often each rule was broken, those not written out included. */
  totals(): Record<string, number> {
    return Object.fromEntries(this.byRule);
  }
}
