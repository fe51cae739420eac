import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Origin } from '../shared/metadata';
import { BlockStream } from './block-stream';
import { BlockTargets, type BlockTarget } from './block-target';
import type { BlockChange } from './place-block';

/** Lifts a block; the note is mandatory. @throws DomainError validation_failed */
export class LiftBlock extends Command<BlockChange> {
  constructor(
    readonly origin: Origin,
    readonly target: BlockTarget,
    readonly note: string,
  ) {
    super();
  }
}

@CommandHandler(LiftBlock)
export class LiftBlockHandler implements ICommandHandler<LiftBlock> {
  constructor(
    @Inject(BlockTargets) private readonly targets: BlockTargets,
    @Inject(BlockStream) private readonly blocks: BlockStream,
  ) {}

  async execute({ origin, target, note }: LiftBlock): Promise<BlockChange> {
    const { subject, customerId } = await this.targets.subjectOf(target);
    const command = { type: 'LiftBlock', subject, note } as const;
    return { subject, changed: await this.blocks.carryOut({ ...origin, customerId }, command) };
  }
}
