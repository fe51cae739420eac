import { Module } from '@nestjs/common';
import { BlockStream } from './block-stream';
import { BlockTargets } from './block-target';
import { LiftBlockHandler } from './lift-block';
import { PlaceBlockHandler } from './place-block';

/** Blocks on recipients, prefixes and customers. */
@Module({ providers: [BlockStream, BlockTargets, PlaceBlockHandler, LiftBlockHandler] })
export class FraudModule {}
