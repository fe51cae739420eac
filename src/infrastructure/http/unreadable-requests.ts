import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_TYPE, problemDocument, problemOf, type Problem } from './problem';
import { newRequestId } from './request-id';

/** What any address here answers at most; which one was meant is not known where the request could not be read. */
const ALLOW = 'GET, HEAD, POST';
/** A first line of HTTP/1.1 whose method node does not know. */
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} \S+ HTTP\/1\.[01]\r\n/;

interface ClientError extends Error {
  readonly code?: string;
  /** What has been read of the request. */
  readonly rawPacket?: unknown;
}

/** What node could not read as HTTP, or waited for too long, gets a problem too, and the connection is closed. */
export function answerUnreadable(error: ClientError, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  endWith(socket, problemOfClientError(error));
}

/** Node hands what concerns the connection itself to listeners of its own, and answers bare where there are none. */
export function refuseTunnels(server: Server): void {
  server.on('connect', (_request, socket: Duplex) => endWith(socket, wrongMethod()));
  // An expectation other than 100-continue may be passed over, so such a request is one like any other.
  server.on('checkExpectation', (request, response) => void server.emit('request', request, response));
}

function endWith(socket: Duplex, problem: Problem): void {
  const requestId = newRequestId();
  const body = problemDocument(problem, requestId);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.code}`,
      ...Object.entries(problem.headers).map(([name, value]) => `${name}: ${value}`),
      `content-type: ${PROBLEM_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function problemOfClientError({ code, rawPacket }: ClientError): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problemOf('request_timeout', 'The request did not arrive in time.');
  if (code === 'HPE_HEADER_OVERFLOW') return problemOf('too_large', 'The headers are too large.', { status: 431 });
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return problemOf('too_large', 'The body is larger than this address takes.');
  }
  const begun = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1', 0, 8_192) : '';
  if (code === 'HPE_INVALID_METHOD' && REQUEST_LINE.test(begun)) return wrongMethod();
  return problemOf('malformed_json', 'The request is not HTTP that can be read.');
}

const wrongMethod = (): Problem =>
  problemOf('method_not_allowed', `This address answers ${ALLOW}.`, { headers: { allow: ALLOW } });
