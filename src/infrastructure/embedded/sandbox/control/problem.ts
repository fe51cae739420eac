/** One bad field of a request body, by its path, e.g. `report.copies`. */
export interface FieldError {
  field: string;
  message: string;
}

/** An error answer of the control API, an RFC 9457 problem document with a stable `code`. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly errors?: readonly FieldError[],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(title);
    this.name = 'Problem';
  }

  /** The document; `requestId` is also in the header X-Request-Id. */
  document(requestId: string): Record<string, unknown> {
    return {
      type: 'about:blank',
      title: this.title,
      status: this.status,
      code: this.code,
      request_id: requestId,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
    };
  }
}

/** 422 with every bad field named. */
export function validationFailed(errors: readonly FieldError[]): Problem {
  return new Problem(422, 'validation_failed', 'The request has fields that are not understood', errors);
}

/** 404 that gives nothing away. */
export function notFound(): Problem {
  return new Problem(404, 'not_found', 'There is nothing at this address');
}
