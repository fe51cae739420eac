import { getMetadataStorage, ValidationTypes, type ValidationArguments } from 'class-validator';

interface MemberRules {
  readonly name: string;
  /** All must hold, or the member is not looked at. */
  readonly conditions: ((object: object, value: unknown) => boolean)[];
  readonly checks: ((value: unknown, object: object) => boolean)[];
}

const LEFT_TO_THE_LIBRARY = (): boolean => false;

/**
 * The class-validator rules of a flat DTO, looked up once: `validateSync` gathers, filters and wraps them anew for each
 * object, which on the way of every send costs more than the rules themselves.
 * @returns true where `validateSync` would find nothing wrong; false where it has to say what is, or whether anything is.
 */
export function compileRules(dto: new () => object): (object: object) => boolean {
  const storage = getMetadataStorage();
  const members = new Map<string, MemberRules>();
  for (const rule of storage.getTargetValidationMetadatas(dto, '', true, false)) {
    const name = rule.propertyName;
    const member = members.get(name) ?? { name, conditions: [], checks: [] };
    members.set(name, member);
    if (rule.type === ValidationTypes.CONDITIONAL_VALIDATION) {
      member.conditions.push(rule.constraints[0]);
      continue;
    }
    // Nested, asynchronous and conditional rules are none of ours so far.
    if (rule.type !== ValidationTypes.CUSTOM_VALIDATION || rule.each || rule.validateIf !== undefined) {
      return LEFT_TO_THE_LIBRARY;
    }
    const constraints = rule.constraints ?? [];
    for (const { instance } of storage.getTargetValidatorConstraints(rule.constraintCls)) {
      member.checks.push((value, object) => {
        const about: ValidationArguments = { targetName: dto.name, property: name, object, value, constraints };
        // A promise is not `true`, so that one that comes after all is left to the library too.
        return instance.validate(value, about) === true;
      });
    }
  }
  const all = [...members.values()];
  return (object) => all.every((member) => holds(member, object));
}

function holds({ name, conditions, checks }: MemberRules, object: object): boolean {
  const value: unknown = Reflect.get(object, name);
  for (const condition of conditions) if (!condition(object, value)) return true;
  for (const check of checks) if (!check(value, object)) return false;
  return true;
}
