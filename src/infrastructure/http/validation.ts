import type { PipeTransform } from '@nestjs/common';
import { getMetadataStorage, ValidateIf, validateSync, type ValidationError } from 'class-validator';
import { DomainError, type FieldError } from '../../domain/shared/domain-error';
import { compileRules } from './compiled-rules';

/** A field that may be left out. Unlike `IsOptional` it takes no null: absent and null are not the same to a caller. */
export const MayBeAbsent = (): PropertyDecorator =>
  ValidateIf((_object: object, value: unknown) => value !== undefined);

export interface DtoRules {
  /** What a bad value is answered with: bodies 422, queries 400. */
  readonly code: 'validation_failed' | 'invalid_parameter';
  /** Members that are documented and not served yet, found before anything else is checked. */
  readonly notYet: (value: Readonly<Record<string, unknown>>) => readonly string[];
}

/**
 * Checks a flat document against the class-validator rules of a DTO. Its members are put on an instance as they are; a
 * member without a rule is refused. Nothing is converted, so what was sent is what is stored.
 */
export class DtoPipe<T extends object> implements PipeTransform<unknown, T> {
  private readonly known: ReadonlySet<string>;
  private readonly holds: (instance: object) => boolean;

  constructor(
    private readonly dto: new () => T,
    private readonly rules: DtoRules,
  ) {
    const rulesOfDto = getMetadataStorage().getTargetValidationMetadatas(dto, '', true, false);
    this.known = new Set(rulesOfDto.map((rule) => rule.propertyName));
    this.holds = compileRules(dto);
  }

  transform(value: unknown): T {
    if (value === undefined) throw new DomainError('malformed_json', 'The request has no body.');
    if (!isDocument(value)) throw this.refused([{ field: '', message: 'must be a JSON object' }]);
    const early = this.rules.notYet(value);
    if (early.length > 0) throw notYetAvailable(early);
    const instance = new this.dto();
    const unknown: string[] = [];
    for (const name of Object.keys(value)) {
      // Only known members are put on it: one named `constructor` or `__proto__` would make it something else.
      if (this.known.has(name)) Reflect.set(instance, name, value[name]);
      else unknown.push(name);
    }
    if (unknown.length === 0 && this.holds(instance)) return instance;
    const errors = validateSync(instance, { stopAtFirstError: true, forbidUnknownValues: true });
    // Where the rules could not be compiled, the library alone decides.
    if (unknown.length === 0 && errors.length === 0) return instance;
    throw this.refused([
      ...errors.map(fieldErrorOf),
      ...unknown.map((name) => ({ field: shownName(name), message: 'is not a known field' })),
    ]);
  }

  private refused(fields: readonly FieldError[]): DomainError {
    const what = this.rules.code === 'invalid_parameter' ? 'parameters' : 'fields';
    return new DomainError(this.rules.code, `The request has ${what} that cannot be accepted.`, fields);
  }
}

/** A caller's mistake may have put a phone number where a name belongs: only what looks like a name is said again. */
const shownName = (name: string): string => (/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) ? name : '(no field name)');

export function notYetAvailable(names: readonly string[]): DomainError {
  const fields = names.map((field) => ({ field, message: 'is not available yet' }));
  return new DomainError('not_yet_available', `Not available yet: ${names.join(', ')}.`, fields);
}

const isDocument = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** class-validator begins its messages with the name of the member. */
function fieldErrorOf({ property, constraints }: ValidationError): FieldError {
  const message = Object.values(constraints ?? {})[0] ?? 'is not valid';
  return {
    field: property,
    message: message.startsWith(`${property} `) ? message.slice(property.length + 1) : message,
  };
}
