import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { leanAsyncBind } from '../../../src/infrastructure/http/lean-async-bind';

describe('lean bound functions', () => {
  const original = Object.getOwnPropertyDescriptor(AsyncResource.prototype, 'bind');
  beforeAll(leanAsyncBind);
  afterAll(() => Object.defineProperty(AsyncResource.prototype, 'bind', original ?? {}));

  const storage = new AsyncLocalStorage<string>();
  const boundIn = <Fn extends (...args: never[]) => unknown>(context: string, fn: Fn): Fn =>
    storage.run(context, () => new AsyncResource('test').bind(fn));

  it('run in the context in which their resource was made, with their arguments', () => {
    const bound = boundIn('made here', (a: number, b: number) => [storage.getStore(), a + b]);
    expect(storage.run('called here', () => bound(1, 2))).toEqual(['made here', 3]);
  });

  it('keep the receiver of the call, or the one they were given', () => {
    const whose = function (this: unknown): unknown {
      return this;
    };
    const receiver = { bound: boundIn('any', whose) };
    expect(receiver.bound()).toBe(receiver);
    const given = {};
    expect(AsyncResource.bind(whose, 'test', given).call(receiver)).toBe(given);
  });

  it('throw what the function throws, and leave its context', () => {
    const bound = boundIn('inside', () => {
      throw new Error('from inside');
    });
    expect(() => storage.run('outside', bound)).toThrow('from inside');
    expect(storage.getStore()).toBeUndefined();
  });

  it('hold nothing by properties of their own', () => {
    expect(Object.keys(boundIn('any', () => undefined))).toEqual([]);
  });

  it('are made of functions only', () => {
    expect(() => Reflect.apply(AsyncResource.prototype.bind, new AsyncResource('test'), [7])).toThrow(TypeError);
  });
});
