import { Inject, Injectable } from '@nestjs/common';
import type { OpenReservation, OpenReservations } from '../../application/ports/open-reservations';
import type { ProjectionSql } from '../../application/ports/projection';
import { WORKER_SQL } from '../../application/ports/worker-sql';
import type { Mode } from '../../domain/shared/event';

interface Row {
  customer_id: string;
  mode: Mode;
  reservation_id: string;
  message_id: string;
  created_at: Date;
}

/** The open reservations of all customers as the read model has them, for the sweeper. */
@Injectable()
export class ProjectedOpenReservations implements OpenReservations {
  constructor(@Inject(WORKER_SQL) private readonly sql: ProjectionSql) {}

  async openOlderThan(before: string, limit: number): Promise<OpenReservation[]> {
    const { rows } = await this.sql.query<Row>({
      name: 'reservations_older',
      text: `SELECT customer_id, mode, reservation_id, message_id, created_at FROM reservations
              WHERE NOT stands AND created_at < $1::timestamptz
              ORDER BY created_at, reservation_id LIMIT $2`,
      values: [before, limit],
    });
    return rows.map((row) => ({
      customerId: row.customer_id,
      mode: row.mode,
      reservationId: row.reservation_id,
      messageId: row.message_id,
      reservedAt: row.created_at.toISOString(),
    }));
  }

  async markStands(reservationIds: readonly string[]): Promise<void> {
    if (reservationIds.length === 0) return;
    await this.sql.query({
      text: 'UPDATE reservations SET stands = true WHERE reservation_id = ANY($1) AND NOT stands',
      values: [reservationIds],
    });
  }
}
