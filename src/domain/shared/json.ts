/** What an event may hold: JSON only. Times are ISO strings; money and 64-bit numbers are decimal strings. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };
