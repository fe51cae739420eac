import type { TSchema } from '@sinclair/typebox';
import type { JsonObject } from '../../../domain/shared/json';

/** Turns the payload of one version into that of the next. Pure; never deleted while an event of that version may exist. */
export type Upcaster = (data: JsonObject) => JsonObject;

/** How one type of event is written and read. */
export interface EventDefinition<Schema extends TSchema = TSchema> {
  /** Of the payload as it is written now; counted from 1. */
  readonly version: number;
  /** Of the payload as it is written now. */
  readonly schema: Schema;
  /** What it says, in one line; for docs/EVENTS.md. */
  readonly summary: string;
  /** By the version they start from: every one below `version` has one. */
  readonly upcasters: ReadonlyMap<number, Upcaster>;
}

const NONE: ReadonlyMap<number, Upcaster> = new Map();

/** An event that has had one shape only. */
export const first = <Schema extends TSchema>(summary: string, schema: Schema): EventDefinition<Schema> => ({
  version: 1,
  schema,
  summary,
  upcasters: NONE,
});

/** An event of a second shape. `fromFirst` makes it of the first. */
export const second = <Schema extends TSchema>(
  summary: string,
  schema: Schema,
  fromFirst: Upcaster,
): EventDefinition<Schema> => ({ version: 2, schema, summary, upcasters: new Map([[1, fromFirst]]) });

/** An event of a third shape. `fromFirst` makes the second of the first, `fromSecond` the third of that. */
export const third = <Schema extends TSchema>(
  summary: string,
  schema: Schema,
  fromFirst: Upcaster,
  fromSecond: Upcaster,
): EventDefinition<Schema> => ({
  version: 3,
  schema,
  summary,
  upcasters: new Map([
    [1, fromFirst],
    [2, fromSecond],
  ]),
});
