import { Gauge, type Registry } from 'prom-client';

const PROBE_EVERY_MS = 1_000;

/**
 * Memory, processor time and event-loop lag of this process. The lag is how late a timer fires, the worst since the last
 * scrape; once a second is often enough to see a blocked loop and costs an idle machine nothing.
 */
export class ProcessGauges {
  private readonly probe: NodeJS.Timeout;
  private worstLagMs = 0;
  private expectedAt = performance.now() + PROBE_EVERY_MS;

  constructor(registry: Registry) {
    this.probe = setInterval(() => this.measure(), PROBE_EVERY_MS);
    this.probe.unref();
    const takeLag = (): number => {
      this.measureOverdue();
      const worst = this.worstLagMs;
      this.worstLagMs = 0;
      return worst / 1_000;
    };
    const gauge = (name: string, help: string, value: () => number): Gauge =>
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(value());
        },
      });
    gauge('waht_event_loop_lag_seconds', 'Worst delay of a timer since the last scrape.', takeLag);
    gauge('waht_process_resident_bytes', 'Resident memory.', () => process.memoryUsage.rss());
    gauge('waht_process_heap_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed);
    gauge('waht_process_cpu_seconds', 'Processor time since start.', () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    });
    gauge('waht_process_uptime_seconds', 'Age of the process.', () => process.uptime());
  }

  stop(): void {
    clearInterval(this.probe);
  }

  private measure(): void {
    this.worstLagMs = Math.max(this.worstLagMs, performance.now() - this.expectedAt);
    this.expectedAt = performance.now() + PROBE_EVERY_MS;
  }

  /** A scrape may come first after the loop was blocked, before the timer that would have told. */
  private measureOverdue(): void {
    this.worstLagMs = Math.max(this.worstLagMs, performance.now() - this.expectedAt);
  }
}
