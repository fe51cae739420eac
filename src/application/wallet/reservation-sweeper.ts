import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '../../domain/shared/domain-error';
import { streams } from '../../domain/shared/streams';
import { messageDecider } from '../../domain/message/decider';
import { isLive } from '../../domain/message/state';
import type { FundsReleased } from '../../domain/wallet/events';
import { CLOCK, type Clock } from '../ports/clock';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import { EVENT_STORE, type EventStore } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { LOGGER, type Logger } from '../ports/logger';
import { OPEN_RESERVATIONS, type OpenReservation, type OpenReservations } from '../ports/open-reservations';
import { WALLETS, type CommandContext, type Wallets } from '../ports/wallets';
import { requestContext } from '../shared/metadata';
import { runDecider } from '../shared/run-decider';

export interface SweepResult {
  readonly examined: number;
  readonly stand: number;
  readonly released: number;
  /** Left for the next sweep. */
  readonly failed: number;
}

type Fate = 'stands' | Extract<FundsReleased['data']['reason'], 'abandoned' | 'lost_race'> | 'failed';

/** Examined before the next are fetched, and how many of them at once. */
const PAGE = 200;
const CONCURRENCY = 8;

/**
 * Gives back money that was reserved for a message which never came to be: its process died between the reservation and
 * MessageQueued, or lost the race for the message's id.
 */
@Injectable()
export class ReservationSweeper {
  constructor(
    @Inject(OPEN_RESERVATIONS) private readonly open: OpenReservations,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(WALLETS) private readonly wallets: Wallets,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Examines every reservation that is old enough; one that fails is left for the next sweep. */
  async sweepOnce(): Promise<SweepResult> {
    const before = new Date(this.clock.now() - this.configuration.reservationExamineAfterMs).toISOString();
    const fates: Fate[] = [];
    for (;;) {
      const page = await this.open.openOlderThan(before, PAGE);
      const found = await this.examineAll(page);
      fates.push(...found);
      // The released ones are still listed until their events are projected, so a full page is no reason to ask again
      // for the same; the standing ones are gone from the list at once.
      if (page.length < PAGE || !found.includes('stands')) break;
    }
    const count = (...wanted: Fate[]): number => fates.filter((fate) => wanted.includes(fate)).length;
    return {
      examined: fates.length,
      stand: count('stands'),
      released: count('abandoned', 'lost_race'),
      failed: count('failed'),
    };
  }

  private async examineAll(page: readonly OpenReservation[]): Promise<Fate[]> {
    const fates: Fate[] = [];
    const standing: string[] = [];
    const waiting = [...page];
    const examineNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const fate = await this.examine(next);
        fates.push(fate);
        if (fate === 'stands') standing.push(next.reservationId);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, examineNext));
    if (standing.length > 0) await this.open.markStands(standing);
    return fates;
  }

  private async examine(reservation: OpenReservation): Promise<Fate> {
    const { reservationId, messageId } = reservation;
    try {
      const fate = await this.closeUnlessNamed(reservation);
      if (fate === 'stands') return fate;
      const released = await this.wallets.release(reservation, this.context(reservation), {
        reservationId,
        messageId,
        reason: fate,
      });
      if (released) this.logger.info({ reservationId, messageId, reason: fate }, 'gave back an orphaned reservation');
      return fate;
    } catch (error) {
      this.logger.warn({ err: error, reservationId, messageId }, 'a reservation could not be examined');
      return 'failed';
    }
  }

  /**
   * What the message's stream says of it. Where nothing says anything, MessageAbandoned naming this reservation is stored
   * first: from then on no request that still holds it, however late it wakes, can queue its message, and only then is
   * the money free to go.
   */
  private async closeUnlessNamed(reservation: OpenReservation): Promise<Exclude<Fate, 'failed'>> {
    const { reservationId, messageId } = reservation;
    try {
      const { state } = await runDecider(this.store, this.ids, {
        decider: messageDecider,
        stream: streams.message(messageId),
        command: { type: 'AbandonMessage', data: { messageId, reservationId } },
        context: this.context(reservation),
      });
      return isLive(state) ? 'lost_race' : 'abandoned';
    } catch (error) {
      // The message's own refusal to be abandoned: it names this reservation.
      if (error instanceof DomainError && error.code === 'conflict') return 'stands';
      throw error;
    }
  }

  private context({ customerId }: OpenReservation): CommandContext {
    return requestContext(this.ids, this.clock, {
      actor: { kind: 'system', id: 'reservation-sweeper' },
      customerId,
      correlationId: this.ids.uuid(),
    });
  }
}
