import { sqlArray } from '../../../src/projections/shared/sql-array';

describe('array literal of Postgres', () => {
  it.each<[(string | null)[], string]>([
    [[], '{}'],
    [['msg_1', '2026-11-22T06:00:00.000Z', 'a-b'], '{msg_1,2026-11-22T06:00:00.000Z,a-b}'],
    [[null, 'NULL', 'null', ''], '{NULL,"NULL","null",""}'],
    [['a,b', 'a b', '{}', "it's"], `{"a,b","a b","{}","it's"}`],
    [['a"b', 'a\\b', '\\"'], '{"a\\"b","a\\\\b","\\\\\\""}'],
    [['ä😀'], '{"ä😀"}'],
  ])('of %j', (values, literal) => expect(sqlArray(values)).toBe(literal));
});
