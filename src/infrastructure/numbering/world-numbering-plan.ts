import { parsePhoneNumberFromString, type NumberType } from 'libphonenumber-js/max';
import type { NumberingPlan } from '../../application/ports/numbering-plan';
import type { ForeignNumber } from '../../domain/message/phone';

/** In North America mobile and fixed numbers cannot be told apart: those pass, since a text to them can arrive. */
const MOBILE: ReadonlySet<NumberType> = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE']);
const PREMIUM: ReadonlySet<NumberType> = new Set(['PREMIUM_RATE', 'SHARED_COST']);

/** The public numbering plans, as the libphonenumber project collects them. */
export class WorldNumberingPlan implements NumberingPlan {
  readonly foreign = (e164: string): ForeignNumber => {
    const number = parsePhoneNumberFromString(e164);
    if (number?.country === undefined || !number.isValid()) return { kind: 'invalid' };
    const type = number.getType();
    if (MOBILE.has(type)) return { kind: 'mobile', country: number.country };
    return { kind: PREMIUM.has(type) ? 'premium' : 'not_mobile', country: number.country };
  };
}
