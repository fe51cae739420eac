import { PrometheusMetrics } from '../../../src/infrastructure/observability/prometheus-metrics';

describe('PrometheusMetrics', () => {
  it('counts what it is told, under the names of the documentation', async () => {
    const metrics = new PrometheusMetrics();
    metrics.requestObserved('/v1/messages', 202, 12);
    metrics.appendObserved(3, 'conflict');
    metrics.walletConflict();
    metrics.dispatch('sandbox_tier_1', 'refused', 'F');
    metrics.projectionLag('messages', 1_500);
    metrics.workerInFlight('dispatcher-v1', 4);
    metrics.refused('rate_limited');
    const { text } = await metrics.exposition();
    metrics.stop();
    expect(text).toContain('waht_http_request_seconds_bucket{le="0.025",route="/v1/messages",status="202"} 1');
    expect(text).toContain('waht_event_append_seconds_count{outcome="conflict"} 1');
    expect(text).toContain('waht_wallet_conflicts_total 1');
    expect(text).toContain('waht_dispatch_total{provider="sandbox_tier_1",result="refused",class="F"} 1');
    expect(text).toContain('waht_projection_lag_seconds{projection="messages"} 1.5');
    expect(text).toContain('waht_worker_in_flight{group="dispatcher-v1"} 4');
    expect(text).toContain('waht_refused_total{code="rate_limited"} 1');
    expect(text).toMatch(/waht_event_loop_lag_seconds \d/);
    expect(text).toMatch(/waht_process_resident_bytes \d/);
  });
});
