import type { LogPosition } from '../../../application/ports/event-store';

export const isAfter = (a: LogPosition, b: LogPosition): boolean =>
  a.commit === b.commit ? a.prepare > b.prepare : a.commit > b.commit;

export const positionText = (position: LogPosition | null): string =>
  position === null ? 'start' : `${position.commit}/${position.prepare}`;
