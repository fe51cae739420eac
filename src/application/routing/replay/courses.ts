import type { RecordedEvent } from '../../ports/event-store';
import type { SmsGateway } from '../../ports/sms-gateway';
import { healthOf, providerDecider, type Health } from '../../../domain/routing/decider';
import type { ProviderEvent } from '../../../domain/routing/events';
import { decideMove, type MoveInputs, type Thresholds } from '../../../domain/routing/move';
import { isoOf } from '../../../domain/shared/instants';
import { followed, UNKNOWN, type Followed } from '../provider-follower';

export type Account = Pick<SmsGateway, 'name' | 'tier'>;

/**
 * `kept`: made as recorded. `not_made`: other thresholds would not have made it. `added`: they would, and it was not recorded.
 * `not_reproduced`: its own inputs do not give it again.
 */
export interface ReplayedMove {
  readonly at: string;
  readonly provider: string;
  readonly network: string | null;
  readonly score: number | null;
  readonly why: string;
  readonly fate: 'kept' | 'not_made' | 'added' | 'not_reproduced';
}

interface Course {
  recorded: Followed;
  replayed: Followed;
}

interface OpenMove {
  readonly provider: string;
  readonly network: string | null;
  readonly untilMs: number;
}

/** How each provider stood, as recorded and as it would have stood: both by the fold that the living use. */
export class Courses {
  readonly moves: ReplayedMove[] = [];
  private readonly courses = new Map<string, Course>();
  /** Moves that were added: their way back was drawn by nobody. */
  private added: OpenMove[] = [];

  constructor(private readonly thresholds: Partial<Thresholds>) {}

  note(event: RecordedEvent<ProviderEvent>): void {
    const { provider, network } = event.data;
    const course = this.of(provider);
    course.recorded = followed(course.recorded, event);
    if (event.type === 'ProviderDegraded') {
      const { move } = event.data as Extract<ProviderEvent, { type: 'ProviderDegraded' }>['data'];
      if (move !== null && !this.isMadeAgain(event, move.inputs)) return;
      this.apply(course, event);
      return;
    }
    // While its way back is that of a move that was not made, it is where it was.
    if (healthOf(course.replayed.state, network).status !== 'healthy') this.apply(course, event);
  }

  /** A move that the log does not hold. */
  add(account: Account, inputs: MoveInputs, nowMs: number): void {
    const outcome = decideMove(inputs);
    if (outcome.kind === 'stay') return;
    const { network } = inputs.subject;
    const untilMs = nowMs + inputs.thresholds.cooldownSeconds * 1_000;
    const at = isoOf(nowMs);
    const data = { provider: account.name, tier: account.tier, network, cause: 'score' as const };
    const move = { inputs, outcome };
    const degraded = {
      type: 'ProviderDegraded',
      data: { ...data, until: isoOf(untilMs), circuit: null, move },
    } as const;
    this.apply(this.of(account.name), made(degraded, at));
    this.added.push({ provider: account.name, network, untilMs });
    this.moves.push({
      at,
      provider: account.name,
      network,
      score: outcome.score.value,
      why: outcome.why,
      fate: 'added',
    });
  }

  /** Added moves whose cool-down is over end at once and whole, unless the log knows a way back. */
  goOnTo(nowMs: number): void {
    const over = this.added.filter(({ untilMs }) => untilMs <= nowMs);
    if (over.length === 0) return;
    this.added = this.added.filter(({ untilMs }) => untilMs > nowMs);
    for (const { provider, network, untilMs } of over) {
      const course = this.of(provider);
      if (healthOf(course.recorded.state, network).status !== 'healthy') continue;
      const data = { provider, tier: '', network, cause: 'score' as const, sharePercent: 100 };
      this.apply(course, made({ type: 'ProviderRecovered', data }, isoOf(untilMs)));
    }
  }

  of(provider: string): Course {
    const known = this.courses.get(provider) ?? { recorded: UNKNOWN, replayed: UNKNOWN };
    this.courses.set(provider, known);
    return known;
  }

  private isMadeAgain({ created, data }: RecordedEvent<ProviderEvent>, inputs: MoveInputs): boolean {
    const thresholds = { ...inputs.thresholds, ...this.thresholds };
    const { kind, why, score } = decideMove({ ...inputs, thresholds });
    const isAsRecorded = Object.keys(this.thresholds).length === 0;
    const fate = kind === 'degrade' ? 'kept' : isAsRecorded ? 'not_reproduced' : 'not_made';
    const { provider, network } = data;
    this.moves.push({ at: created, provider, network, score: score.value, why, fate });
    return kind === 'degrade';
  }

  /** What the decider would not write is not followed either. */
  private apply(course: Course, event: RecordedEvent<ProviderEvent>): void {
    const { type, data } = event;
    const command =
      type === 'ProviderDegraded'
        ? ({ type: 'DegradeProvider', data } as Parameters<typeof providerDecider.decide>[0])
        : ({ type: 'RecoverProvider', data } as Parameters<typeof providerDecider.decide>[0]);
    if (providerDecider.decide(command, course.replayed.state).length === 0) return;
    course.replayed = followed(course.replayed, event);
  }
}

/** An event as the log would have held it. */
const made = ({ type, data }: ProviderEvent, created: string): RecordedEvent<ProviderEvent> => ({
  id: '',
  stream: '',
  revision: 0n,
  type,
  data,
  position: { commit: 0n, prepare: 0n },
  created,
  metadata: {
    correlationId: '',
    causationId: '',
    customerId: null,
    at: created,
    schema: 0,
    actor: { kind: 'system', id: 'replay' },
  },
});

/** Do both ways of telling it agree, for what a message to this network has to pass? */
export const isAlike = ({ recorded, replayed }: Course, network: string | null): boolean =>
  sameHealth(healthOf(recorded.state, null), healthOf(replayed.state, null)) &&
  sameHealth(healthOf(recorded.state, network), healthOf(replayed.state, network));

function sameHealth(a: Health, b: Health): boolean {
  if (a.status === 'returning' && b.status === 'returning') return a.sharePercent === b.sharePercent;
  return a.status === b.status;
}
