import { IsString, Min, ValidateBy, ValidateNested, validateSync } from 'class-validator';
import fc from 'fast-check';
import { compileRules } from '../../../src/infrastructure/http/compiled-rules';
import { ListMessagesDto } from '../../../src/infrastructure/http/list-messages.dto';
import { SendMessageDto } from '../../../src/infrastructure/http/send-message.dto';

const anything = fc.oneof(
  ...[fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.constant(undefined)],
  ...[fc.array(fc.string(), { maxLength: 2 }), fc.constant({}), fc.constant('x'.repeat(70_000))],
);
const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 40, arbitrary: good }, { weight: 1, arbitrary: anything });

const sends = fc.record(
  {
    to: mostly(fc.constantFrom('+254712345678', '')),
    channel: mostly(fc.constant('sms')),
    body: mostly(fc.string()),
    sender_id: mostly(fc.string({ maxLength: 70 })),
    valid_for_seconds: mostly(fc.integer({ min: 59, max: 259_201 })),
    on_unknown: mostly(fc.constantFrom('never_twice', 'prefer_delivery')),
    client_reference: mostly(fc.string({ maxLength: 130 })),
    send_at: mostly(fc.constant('2026-12-24T08:00:00+03:00')),
    encoding: mostly(fc.constantFrom('auto', 'strict')),
    max_segments: mostly(fc.integer({ min: 0, max: 11 })),
    max_cost_kes: mostly(fc.constantFrom(0.5, 1)),
    class: mostly(fc.constant('transactional')),
  },
  { requiredKeys: ['to', 'channel', 'body'] },
);

describe('rules of a DTO that are compiled', () => {
  it('find nothing wrong exactly where class-validator finds nothing wrong', () => {
    const holds = compileRules(SendMessageDto);
    let passed = 0;
    fc.assert(
      fc.property(sends, (members) => {
        const instance = Object.assign(new SendMessageDto(), members);
        const found = validateSync(instance, { stopAtFirstError: true, forbidUnknownValues: true });
        if (found.length === 0) passed += 1;
        expect(holds(instance)).toBe(found.length === 0);
      }),
      { numRuns: 2_000 },
    );
    // Neither side was tried alone.
    expect(passed).toBeGreaterThan(200);
    expect(passed).toBeLessThan(1_800);
  });

  it('do so for a query, whose members are all texts', () => {
    const holds = compileRules(ListMessagesDto);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('to', 'limit', 'status', 'after', 'channel'), anything), (members) => {
        const instance = Object.assign(new ListMessagesDto(), members);
        expect(holds(instance)).toBe(validateSync(instance, { stopAtFirstError: true }).length === 0);
      }),
    );
  });

  it('leave every kind of rule that they do not know to class-validator', () => {
    class Nested {
      @ValidateNested()
      inner!: object;
    }
    class Each {
      @IsString({ each: true })
      names!: string[];
    }
    class Sometimes {
      @Min(1, { validateIf: () => true })
      n!: number;
    }
    class Later {
      @ValidateBy({ name: 'later', validator: { validate: () => Promise.resolve(true) } })
      value!: string;
    }
    expect(compileRules(Nested)(Object.assign(new Nested(), { inner: {} }))).toBe(false);
    expect(compileRules(Each)(Object.assign(new Each(), { names: ['a'] }))).toBe(false);
    expect(compileRules(Sometimes)(Object.assign(new Sometimes(), { n: 1 }))).toBe(false);
    expect(compileRules(Later)(Object.assign(new Later(), { value: 'a' }))).toBe(false);
  });
});
