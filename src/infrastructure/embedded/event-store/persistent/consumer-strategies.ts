/** What a strategy needs to know of a consumer. */
export interface StrategyConsumer {
  readonly hasRoom: boolean;
}

/** `none`: no consumer has room; `later`: the one this message belongs to has none, others may. */
export type Choice<C> = C | 'none' | 'later';

/** Decides which consumer gets a message. */
export interface ConsumerStrategy<C extends StrategyConsumer> {
  choose(consumers: readonly C[], pinnedTo: string): Choice<C>;
  /** What a message is pinned by, if by anything. */
  readonly pinsBy: 'nothing' | 'stream' | 'correlation';
}

export const STRATEGY_NAMES = ['DispatchToSingle', 'RoundRobin', 'Pinned', 'PinnedByCorrelation'] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

export const isStrategyName = (name: string): name is StrategyName => STRATEGY_NAMES.some((known) => known === name);

export function strategyNamed<C extends StrategyConsumer>(name: StrategyName): ConsumerStrategy<C> {
  switch (name) {
    case 'DispatchToSingle':
      return new DispatchToSingle();
    case 'RoundRobin':
      return new RoundRobin();
    case 'Pinned':
      return new Pinned('stream');
    case 'PinnedByCorrelation':
      return new Pinned('correlation');
  }
}

/** The first consumer gets everything it has room for, the next one what is over. */
class DispatchToSingle<C extends StrategyConsumer> implements ConsumerStrategy<C> {
  readonly pinsBy = 'nothing';

  choose(consumers: readonly C[]): Choice<C> {
    return consumers.find((consumer) => consumer.hasRoom) ?? 'none';
  }
}

/** Consumers take turns. */
class RoundRobin<C extends StrategyConsumer> implements ConsumerStrategy<C> {
  readonly pinsBy = 'nothing';
  private turn = 0;

  choose(consumers: readonly C[]): Choice<C> {
    for (let tried = 0; tried < consumers.length; tried++) {
      const consumer = consumers[(this.turn + tried) % consumers.length] as C;
      if (!consumer.hasRoom) continue;
      this.turn = (this.turn + tried + 1) % consumers.length;
      return consumer;
    }
    return 'none';
  }
}

/** What has the same stream, or correlation, goes to the same consumer while the consumers stay the same. */
class Pinned<C extends StrategyConsumer> implements ConsumerStrategy<C> {
  constructor(readonly pinsBy: 'stream' | 'correlation') {}

  choose(consumers: readonly C[], pinnedTo: string): Choice<C> {
    if (!consumers.some((consumer) => consumer.hasRoom)) return 'none';
    const consumer = consumers[hash(pinnedTo) % consumers.length] as C;
    return consumer.hasRoom ? consumer : 'later';
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
