import type { BlockKind } from './events';

/** No block ends by itself, and a lifted one can be placed again. */
export type BlockState =
  | { readonly kind: 'clear' }
  | { readonly kind: 'blocked'; readonly on: BlockKind; readonly customerId: string | null; readonly reason: string };

export const clear: BlockState = { kind: 'clear' };
