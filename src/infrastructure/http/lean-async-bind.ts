import { AsyncResource } from 'node:async_hooks';

type Bindable = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Node 20 gives every function that `AsyncResource#bind` makes a `length` and a deprecated accessor (DEP0172), by descriptors
 * of its own. The engine makes a hidden class for each such function; hidden classes are old from the start, and through the
 * accessor each one keeps the request that it was made for until the next full collection. Fastify binds once for every
 * request with a body: that halves what it can take, and each young collection copies the dead requests as well
 * (docs/decisions/0008).
 *
 * From here on, in this whole process, bound functions have neither. They run in their resource's context as before.
 */
export function leanAsyncBind(): void {
  Object.defineProperty(AsyncResource.prototype, 'bind', {
    configurable: true,
    writable: true,
    value(this: AsyncResource, fn: Bindable, thisArg?: unknown): Bindable {
      if (typeof fn !== 'function') throw new TypeError('only a function can be bound');
      return bound(this, fn, thisArg);
    },
  });
}

const bound = (resource: AsyncResource, fn: Bindable, thisArg: unknown): Bindable =>
  function (...args) {
    return resource.runInAsyncScope(fn, thisArg === undefined ? this : thisArg, ...args);
  };
