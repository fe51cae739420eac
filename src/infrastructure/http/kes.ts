import { buildMessage, ValidateBy } from 'class-validator';
import { fromKesText, type Money } from '../../domain/shared/money';

const MOST_KES = 1_000_000_000;

/** The exact amount of a JSON number in KES; null where it has more than four decimals, or is none. */
export function moneyOf(kes: unknown): Money | null {
  if (typeof kes !== 'number' || !Number.isFinite(kes) || kes < 0 || kes > MOST_KES) return null;
  const text = kes.toFixed(4);
  return Number(text) === kes ? fromKesText(text) : null;
}

/** An amount of money in KES: a JSON number of at least 0 with at most four decimals. */
export const IsKes = (): PropertyDecorator =>
  ValidateBy({
    name: 'isKes',
    validator: {
      validate: (value: unknown) => moneyOf(value) !== null,
      defaultMessage: buildMessage((each) => `${each}$property must be an amount in KES with at most four decimals`),
    },
  });
