const E164 = /^\+?([1-9]\d{6,14})$/;

/** As E.164; null where it is no phone number. */
export function toE164(number: string): string | null {
  const digits = E164.exec(number.trim())?.[1];
  return digits === undefined ? null : `+${digits}`;
}

/** Who sent a text: a number, or what the network calls a sender without one. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 &._-]{0,19}$/;
export function personOf(text: string): string | null {
  return toE164(text) ?? (NAME.test(text.trim()) ? text.trim() : null);
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
