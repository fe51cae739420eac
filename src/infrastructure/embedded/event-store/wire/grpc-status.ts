/** The gRPC status codes that this server answers with. */
export enum GrpcCode {
  Ok = 0,
  Cancelled = 1,
  Unknown = 2,
  InvalidArgument = 3,
  DeadlineExceeded = 4,
  NotFound = 5,
  AlreadyExists = 6,
  ResourceExhausted = 8,
  FailedPrecondition = 9,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
}

/** Ends a call with a status other than OK; `trailers` are what the official client tells its errors apart by. */
export class GrpcError extends Error {
  constructor(
    readonly code: GrpcCode,
    message: string,
    readonly trailers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** What ASP.NET answers when a handler of the real server throws; kept to the letter, since clients have seen it. */
export const handlerThrew = (): GrpcError => new GrpcError(GrpcCode.Unknown, 'Exception was thrown by handler.');

export const streamDeleted = (stream: string): GrpcError =>
  new GrpcError(GrpcCode.FailedPrecondition, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

/** `expected` and `actual` as EventStoreDB numbers them: -1 no stream, -2 any, -4 stream exists. */
export const deleteConflict = (stream: string, expected: number, actual: number): GrpcError =>
  new GrpcError(
    GrpcCode.FailedPrecondition,
    `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(expected),
      'actual-version': String(actual),
    },
  );

export const appendTooLarge = (maximumBytes: number): GrpcError =>
  new GrpcError(GrpcCode.InvalidArgument, `Maximum Append Size of ${maximumBytes} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(maximumBytes),
  });

const groupTrailers = (exception: string, stream: string, group: string): Record<string, string> => ({
  exception,
  'stream-name': stream,
  'group-name': group,
});

export const groupMissing = (stream: string, group: string): GrpcError =>
  new GrpcError(
    GrpcCode.NotFound,
    `Subscription group ${group} on stream ${stream} does not exist.`,
    groupTrailers('persistent-subscription-does-not-exist', stream, group),
  );

export const groupExists = (stream: string, group: string): GrpcError =>
  new GrpcError(
    GrpcCode.AlreadyExists,
    `Subscription group ${group} on stream ${stream} exists.`,
    groupTrailers('persistent-subscription-exists', stream, group),
  );

export const groupDropped = (stream: string, group: string): GrpcError =>
  new GrpcError(
    GrpcCode.Cancelled,
    `Subscription group ${group} on stream ${stream} was dropped.`,
    groupTrailers('persistent-subscription-dropped', stream, group),
  );

export const groupFull = (stream: string, group: string): GrpcError =>
  new GrpcError(
    GrpcCode.FailedPrecondition,
    `Maximum subscriptions reached for subscription group ${group} on stream ${stream}.`,
    groupTrailers('maximum-subscribers-reached', stream, group),
  );

export const groupFailed = (stream: string, group: string, reason: string): GrpcError =>
  new GrpcError(GrpcCode.Internal, `Subscription group ${group} on stream ${stream} failed: '${reason}'`, {
    ...groupTrailers('persistent-subscription-failed', stream, group),
    reason,
  });
