import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { acceptedLogDecider, checkAcceptanceNote } from '../../domain/restoring/decider';
import type { RestoringEvent } from '../../domain/restoring/events';
import { DomainError } from '../../domain/shared/domain-error';
import { streams } from '../../domain/shared/streams';
import { CLOCK, type Clock } from '../ports/clock';
import type { EventStore } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { RESTORED_LOG, UNCHECKED_STORE, type KeptAcceptance, type RestoredLog } from '../ports/restored-log';
import { requestContext, type Origin } from '../shared/metadata';
import { runDecider } from '../shared/run-decider';

export interface Acceptance extends KeptAcceptance {
  /** Still to be made anew from the log; until then writes stay refused. */
  readonly owed: readonly string[];
}

/**
 * Makes a log that has lost something the truth as it is. Broken off, it is finished by being asked for again.
 * @throws DomainError validation_failed without a note; conflict where nothing is lost, or a process still runs
 */
export class AcceptLog extends Command<Acceptance> {
  constructor(
    readonly origin: Origin,
    readonly note: string,
  ) {
    super();
  }
}

@CommandHandler(AcceptLog)
export class AcceptLogHandler implements ICommandHandler<AcceptLog> {
  constructor(
    @Inject(RESTORED_LOG) private readonly log: RestoredLog,
    @Inject(UNCHECKED_STORE) private readonly store: EventStore,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async execute({ origin, note }: AcceptLog): Promise<Acceptance> {
    checkAcceptanceNote(note);
    await this.assertLost();
    const kept = await this.log.keep({ actor: origin.actor.id, note: note.trim(), at: this.clock.iso() });
    // The event before anything is forgotten: whatever is lost of this, who accepted what is in the log.
    await runDecider(this.store, this.ids, {
      decider: acceptedLogDecider,
      stream: streams.acceptedLogs,
      command: { type: 'AcceptLog', note, ...kept },
      context: requestContext(this.ids, this.clock, origin),
    });
    const accepted = (await this.store.readStream<RestoringEvent>(streams.acceptedLogs)).at(-1);
    if (accepted === undefined) throw new Error('the log does not show its own acceptance');
    const owed = await this.log.adopt(kept.acceptanceId, { position: accepted.position, eventId: accepted.id });
    return { ...kept, owed };
  }

  private async assertLost(): Promise<void> {
    const looked = await this.log.look();
    if (looked === null) {
      throw new DomainError('conflict', 'The log holds all that the read models were made from: nothing to accept.');
    }
    if (looked.owed.length > 0) {
      throw new DomainError('conflict', `The log has been accepted; still to be made anew: ${looked.owed.join(', ')}.`);
    }
    if (await this.log.isServed()) {
      throw new DomainError('conflict', 'A process of the program still runs: stop every one of them first.');
    }
  }
}
