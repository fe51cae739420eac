import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { Sealed } from '../../../domain/shared/sealed';

/** One of the given words. */
export const oneOf = <const Values extends readonly string[]>(...values: Values) =>
  Type.Unsafe<Values[number]>({ type: 'string', enum: [...values] });

/** An object with these members and no other: an unknown member means another version than we think. */
export const exact = <Properties extends Record<string, TSchema>>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });

export const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** A list that nobody changes, as the domain has them. */
export const list = <Item extends TSchema>(item: Item) => Type.Unsafe<readonly Static<Item>[]>(Type.Array(item));

/** A name or an id; never empty. A pattern says so without counting every character, as a length would. */
export const text = Type.String({ pattern: '^[\\s\\S]' });
/** RFC 3339 in UTC. */
export const instant = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z$',
  description: 'RFC 3339, UTC',
});
/** 1/10 000 KES. */
export const amount = Type.String({ pattern: '^-?\\d{1,30}$', description: '1/10 000 KES, decimal' });
export const count = Type.Integer({ minimum: 0 });
export const flag = Type.Boolean();

const base64url = Type.Readonly(Type.String({ pattern: '^[A-Za-z0-9_-]*$' }));
/** AES-256-GCM under a key of its subject. */
export const sealed = Type.Object(
  { kid: Type.Readonly(text), iv: base64url, ct: base64url, tag: base64url } satisfies Record<keyof Sealed, TSchema>,
  { additionalProperties: false, description: 'sealed' },
);

export const tier = oneOf('tier_1', 'tier_2', 'tier_3');
export const mode = oneOf('live', 'test');
export const chargeState = oneOf('reserved', 'charged', 'released');
export const messageClass = oneOf('transactional', 'promotional');
