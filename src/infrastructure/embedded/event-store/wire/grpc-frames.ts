import { GrpcCode, GrpcError } from './grpc-status';

/** Bytes before each gRPC message: a flag for compression and the length. */
export const FRAME_HEADER_BYTES = 5;

/** The largest request message taken, in bytes; an append may carry 1 MiB of events, the rest is envelope. */
export const MAXIMUM_REQUEST_BYTES = 16 * 1024 * 1024;

const NOTHING: Buffer[] = [];

/** A message with its gRPC frame header. */
export function frameMessage(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(FRAME_HEADER_BYTES + message.length);
  writeFrameHeader(framed, message.length, 0);
  message.copy(framed, FRAME_HEADER_BYTES);
  return framed;
}

/** Writes a frame header for an uncompressed message of `length` bytes; returns the offset behind it. */
export function writeFrameHeader(target: Buffer, length: number, offset: number): number {
  target[offset] = 0;
  target.writeUInt32BE(length, offset + 1);
  return offset + FRAME_HEADER_BYTES;
}

/** Cuts a byte stream into gRPC messages. A message within one chunk is a view of it. */
export class FrameParser {
  private readonly held: Buffer[] = [];
  private heldBytes = 0;
  /** Bytes of the frame that the held bytes are the beginning of; unknown until its header is complete. */
  private wanted = FRAME_HEADER_BYTES;

  /** The messages completed by `chunk`. Throws GrpcError for a compressed or oversized message. */
  push(chunk: Buffer): Buffer[] {
    if (this.heldBytes > 0) {
      this.held.push(chunk);
      this.heldBytes += chunk.length;
      if (this.heldBytes < this.wanted) return NOTHING;
      chunk = Buffer.concat(this.held);
      this.held.length = 0;
      this.heldBytes = 0;
    }
    const messages: Buffer[] = [];
    let offset = 0;
    while (chunk.length - offset >= FRAME_HEADER_BYTES) {
      const end = offset + FRAME_HEADER_BYTES + this.lengthAt(chunk, offset);
      if (end > chunk.length) {
        this.wanted = end - offset;
        this.hold(chunk.subarray(offset));
        return messages;
      }
      messages.push(chunk.subarray(offset + FRAME_HEADER_BYTES, end));
      offset = end;
    }
    this.wanted = FRAME_HEADER_BYTES;
    if (offset < chunk.length) this.hold(chunk.subarray(offset));
    return messages;
  }

  private lengthAt(chunk: Buffer, offset: number): number {
    if (chunk[offset] !== 0) throw new GrpcError(GrpcCode.Unimplemented, 'Compressed messages are not supported.');
    const length = chunk.readUInt32BE(offset + 1);
    if (length > MAXIMUM_REQUEST_BYTES) {
      throw new GrpcError(GrpcCode.ResourceExhausted, 'Received message exceeds the maximum configured message size.');
    }
    return length;
  }

  private hold(bytes: Buffer): void {
    this.held.push(bytes);
    this.heldBytes = bytes.length;
  }
}
