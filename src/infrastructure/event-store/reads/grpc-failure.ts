import { Metadata, status } from '@grpc/grpc-js';

/** A failed call as far as it concerns us. `exception`: EventStoreDB's own name of it, from the trailers. */
export interface GrpcFailure {
  readonly code: number;
  readonly exception: string | null;
  readonly detail: string;
}

export function grpcFailure(error: unknown): GrpcFailure {
  const detail = error instanceof Error ? error.message : String(error);
  if (typeof error !== 'object' || error === null || !('code' in error) || typeof error.code !== 'number') {
    return { code: status.UNAVAILABLE, exception: null, detail };
  }
  const metadata = 'metadata' in error && error.metadata instanceof Metadata ? error.metadata : null;
  const exception = metadata?.get('exception')[0]?.toString() ?? null;
  return { code: error.code, exception, detail };
}

export const isNotLeader = ({ exception }: GrpcFailure): boolean => exception === 'not-leader';

/** The node went away, or is no leader: another attempt on a fresh connection may find what this one did not. */
export const isConnectionLost = (failure: GrpcFailure): boolean => {
  const { code, exception } = failure;
  return (
    isNotLeader(failure) ||
    (exception === null &&
      (code === status.UNAVAILABLE ||
        code === status.DEADLINE_EXCEEDED ||
        code === status.CANCELLED ||
        code === status.INTERNAL))
  );
};
