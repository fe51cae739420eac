/** Money is a bigint of 1/10 000 KES; in events and rows a decimal string of the same unit. Never a float. */
export type Money = bigint & { readonly __money: unique symbol };

/** A decimal string of 1/10 000 KES, `"8000"` for KES 0.80: how money stands in events. */
export type MoneyString = string;

export const UNITS_PER_KES = 10_000n;
export const ZERO = 0n as Money;

export const money = (units: bigint): Money => units as Money;
export const addMoney = (a: Money, b: Money): Money => (a + b) as Money;
export const subtractMoney = (a: Money, b: Money): Money => (a - b) as Money;
export const timesMoney = (a: Money, n: number): Money => (a * BigInt(n)) as Money;

/** @throws RangeError where the text is not a decimal integer. */
export function parseMoney(text: MoneyString): Money {
  if (!/^-?\d{1,30}$/.test(text)) throw new RangeError(`not an amount of 1/10 000 KES: ${text}`);
  return BigInt(text) as Money;
}

export const moneyString = (amount: Money): MoneyString => amount.toString();

/** `"0.8"`, `"1250.0001"`: KES with at most four decimals, without trailing zeros. */
export function toKesText(amount: Money): string {
  const sign = amount < 0n ? '-' : '';
  const units = amount < 0n ? -amount : (amount as bigint);
  const fraction = (units % UNITS_PER_KES).toString().padStart(4, '0').replace(/0+$/, '');
  return `${sign}${units / UNITS_PER_KES}${fraction === '' ? '' : `.${fraction}`}`;
}

/** KES as a JSON number, exact to four decimals up to 9·10¹¹ KES. */
export const toKesNumber = (amount: Money): number => Number(toKesText(amount));

/**
 * From KES as a person writes it, `"100000"`, `"0.8"`.
 * @throws RangeError with more than four decimals or anything that is not a plain decimal.
 */
export function fromKesText(text: string): Money {
  const match = /^(-?)(\d{1,26})(?:\.(\d{1,4}))?$/.exec(text);
  if (!match) throw new RangeError(`not an amount in KES with at most four decimals: ${text}`);
  const units = BigInt(match[2] ?? '0') * UNITS_PER_KES + BigInt((match[3] ?? '').padEnd(4, '0'));
  return (match[1] === '-' ? -units : units) as Money;
}
