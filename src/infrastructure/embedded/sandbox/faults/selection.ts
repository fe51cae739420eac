import { NO_FAULTS, type FaultError, type FaultSettings } from './settings';

/** Floating-point sums such as ten times 0.1 fall just short of 1. */
const ALMOST_ONE = 1 - 1e-9;

/**
 * Chooses which requests the switches concern. Shares are spread evenly (each request adds its share, every whole 1 is a
 * hit), so that a test with `share: 0.5` sees exactly every second request concerned.
 */
export class FaultSelector {
  private due = 0;
  private dueErrors: number[] = [];

  constructor(private current: FaultSettings = NO_FAULTS) {}

  get settings(): FaultSettings {
    return this.current;
  }

  /** New settings start a new spread. */
  change(settings: FaultSettings): void {
    this.current = settings;
    this.due = 0;
    this.dueErrors = settings.errors.map(() => 0);
  }

  /** The settings that hold for the next request: the switches', or those of a provider that behaves. */
  next(): FaultSettings {
    this.due += this.current.share;
    if (this.due < ALMOST_ONE) return NO_FAULTS;
    this.due -= 1;
    return this.current;
  }

  /** The error for the next message of a concerned request, or null. @param from its sender. */
  nextError(active: FaultSettings, from: string): FaultError | null {
    if (active !== this.current || this.current.errors.length === 0) return null;
    let chosen = -1;
    this.current.errors.forEach((error, index) => {
      if (error.from !== undefined && error.from !== from) return;
      const due = (this.dueErrors[index] ?? 0) + error.share;
      this.dueErrors[index] = due;
      if (due >= ALMOST_ONE && (chosen < 0 || due > (this.dueErrors[chosen] ?? 0))) chosen = index;
    });
    if (chosen < 0) return null;
    this.dueErrors[chosen] = (this.dueErrors[chosen] ?? 0) - 1;
    return this.current.errors[chosen] ?? null;
  }
}
