import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Origin } from '../shared/metadata';
import { BlockStream } from './block-stream';
import { BlockTargets, type BlockTarget } from './block-target';

/** Whether anything changed, and the subject that names the block. */
export interface BlockChange {
  readonly subject: string;
  readonly changed: boolean;
}

/** No message passes until it is lifted. @throws DomainError validation_failed */
export class PlaceBlock extends Command<BlockChange> {
  constructor(
    readonly origin: Origin,
    readonly target: BlockTarget,
    readonly reason: string,
  ) {
    super();
  }
}

@CommandHandler(PlaceBlock)
export class PlaceBlockHandler implements ICommandHandler<PlaceBlock> {
  constructor(
    @Inject(BlockTargets) private readonly targets: BlockTargets,
    @Inject(BlockStream) private readonly blocks: BlockStream,
  ) {}

  async execute({ origin, target, reason }: PlaceBlock): Promise<BlockChange> {
    const { subject, kind, customerId } = await this.targets.subjectOf(target);
    const command = { type: 'PlaceBlock', subject, kind, customerId, reason } as const;
    return { subject, changed: await this.blocks.carryOut({ ...origin, customerId }, command) };
  }
}
