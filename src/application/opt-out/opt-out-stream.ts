import { Inject, Injectable } from '@nestjs/common';
import type { OptOutCommand } from '../../domain/opt-out/commands';
import { optOutDecider } from '../../domain/opt-out/decider';
import type { OptOutSource } from '../../domain/opt-out/events';
import type { OptOutState } from '../../domain/opt-out/state';
import { parsePhone } from '../../domain/message/phone';
import type { Mode } from '../../domain/shared/event';
import { streams } from '../../domain/shared/streams';
import { CLOCK, type Clock } from '../ports/clock';
import { EVENT_STORE, type EventStore } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { NUMBERING_PLAN, type NumberingPlan } from '../ports/numbering-plan';
import { SUBJECT_VAULT, type SubjectVault } from '../ports/subject-vault';
import { requestContext, type Origin } from '../shared/metadata';
import { readOn, runDecider, type StreamState } from '../shared/run-decider';

/** Whose promotion a recipient does not want, and how we know. */
export interface OptOutTarget {
  readonly customerId: string;
  readonly mode: Mode;
  /** In any form that sending takes. */
  readonly phone: string;
  /** Null: every sender of the customer. */
  readonly sender: string | null;
  readonly source: OptOutSource;
}

/** Whether anything changed, and the id of the opt-out. */
export interface OptOutChange {
  readonly optOutId: string;
  readonly changed: boolean;
}

/** Carries out a command on the stream of one opt-out. */
@Injectable()
export class OptOutStream {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    @Inject(NUMBERING_PLAN) private readonly plan: NumberingPlan,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Where there is no subject yet, one is made: somebody may opt out before they are first written to. */
  async optOut(origin: Origin, { phone, ...target }: OptOutTarget): Promise<OptOutChange> {
    const { e164 } = parsePhone(phone, this.plan.foreign, 'phone');
    const { subjectId } = await this.vault.subjectFor(target.customerId, e164);
    const optOutId = this.ids.optOutId(subjectId, target.mode, target.sender);
    const data = { ...target, optOutId, subjectId, phone: this.vault.seal(subjectId, e164) };
    return this.carryOut(origin, optOutId, { type: 'OptOut', data });
  }

  /** Null: nobody of this number is known, so that nothing stands. */
  async optIn(origin: Origin, { customerId, mode, phone, sender, source }: OptOutTarget): Promise<OptOutChange | null> {
    const { e164 } = parsePhone(phone, this.plan.foreign, 'phone');
    const subject = await this.vault.findSubject(customerId, e164);
    if (subject === null) return null;
    const optOutId = this.ids.optOutId(subject.subjectId, mode, sender);
    return this.carryOut(origin, optOutId, { type: 'OptIn', optOutId, source });
  }

  read(optOutId: string): Promise<StreamState<OptOutState>> {
    const initial = { state: optOutDecider.initialState, revision: 'no_stream' } as const;
    return readOn(this.store, optOutDecider, streams.optOut(optOutId), initial);
  }

  /** `known`: what the caller has read of it. */
  async carryOut(
    origin: Origin,
    optOutId: string,
    command: OptOutCommand,
    known?: StreamState<OptOutState>,
  ): Promise<OptOutChange> {
    const { events } = await runDecider(this.store, this.ids, {
      decider: optOutDecider,
      stream: streams.optOut(optOutId),
      command,
      context: requestContext(this.ids, this.clock, origin),
      ...(known === undefined ? {} : { known }),
    });
    return { optOutId, changed: events.length > 0 };
  }
}
