import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { blockDecider } from '../../domain/fraud/decider';
import { parsePhone } from '../../domain/message/phone';
import { checkErasureNote, subjectDecider } from '../../domain/privacy/decider';
import { streams } from '../../domain/shared/streams';
import { CLOCK, type Clock } from '../ports/clock';
import { EVENT_STORE, type EventStore } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { NUMBERING_PLAN, type NumberingPlan } from '../ports/numbering-plan';
import { PERSONAL_TRACES, type PersonalTraces, type SweptTraces } from '../ports/personal-traces';
import { SUBJECT_VAULT, type Subject, type SubjectVault } from '../ports/subject-vault';
import { requestContext, type Origin } from '../shared/metadata';
import { runDecider } from '../shared/run-decider';

const BLOCK_NOTE = 'the recipient was erased';

export interface Erasure extends SweptTraces {
  /** Null: no key was kept under this number, or not any more. */
  readonly subjectId: string | null;
  /** Whether a block on the recipient ended with it. */
  readonly blockEnded: boolean;
}

/**
 * Makes a person unreadable in a log that cannot be changed. Broken off, it is finished by being asked for again.
 * @throws DomainError validation_failed
 */
export class EraseSubject extends Command<Erasure> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly phone: string,
    readonly note: string,
  ) {
    super();
  }
}

@CommandHandler(EraseSubject)
export class EraseSubjectHandler implements ICommandHandler<EraseSubject> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    @Inject(PERSONAL_TRACES) private readonly traces: PersonalTraces,
    @Inject(NUMBERING_PLAN) private readonly plan: NumberingPlan,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async execute({ origin, customerId, phone, note }: EraseSubject): Promise<Erasure> {
    const { e164 } = parsePhone(phone, this.plan.foreign, 'phone');
    checkErasureNote(note, e164);
    const subject = await this.vault.findSubject(customerId, e164);
    const blockEnded = subject !== null && (await this.erase({ ...origin, customerId }, customerId, subject, note));
    // Also where the key is gone: the last try may have ended before this.
    const swept = await this.traces.sweep(customerId, this.vault.lookupHash(e164));
    return { subjectId: subject?.subjectId ?? null, blockEnded, ...swept };
  }

  /** @returns whether a block on the recipient ended: nothing is left that would tell it apart. */
  private async erase(origin: Origin, customerId: string, { subjectId }: Subject, note: string): Promise<boolean> {
    // First the event: a key that is gone without one is a row that somebody lost.
    await runDecider(this.store, this.ids, {
      decider: subjectDecider,
      stream: streams.subject(subjectId),
      command: { type: 'EraseSubject', subjectId, customerId, note },
      context: requestContext(this.ids, this.clock, origin),
    });
    const lifted = await runDecider(this.store, this.ids, {
      decider: blockDecider,
      stream: streams.block(subjectId),
      command: { type: 'LiftBlock', subject: subjectId, note: BLOCK_NOTE },
      context: requestContext(this.ids, this.clock, origin),
    });
    await this.traces.destroyKey(subjectId);
    return lifted.events.length > 0;
  }
}
