/** What we use of the package `smpp`, which brings no types of its own. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server as NetServer, Socket } from 'node:net';

  interface PduFields {
    [field: string]: unknown;
  }

  /** A protocol data unit; its fields are what the wire said, so they are looked at before they are used. */
  export class PDU {
    constructor(command: string, fields?: PduFields);
    readonly command: string;
    readonly command_status: number;
    readonly sequence_number: number;
    readonly [field: string]: unknown;
    isResponse(): boolean;
    response(fields?: PduFields): PDU;
    toBuffer(): Buffer;
  }

  /** Emits `connect`, `secureConnect`, `close`, `error`, `pdu` and each command by its name. */
  export class Session extends EventEmitter {
    readonly socket: Socket;
    /** False where the connection is not writable; then nothing is sent. */
    send(pdu: PDU): boolean;
    close(): void;
    destroy(): void;
    pause(): void;
    resume(): void;
  }

  export function connect(options: { host: string; port: number; tls: boolean; servername?: string }): Session;
  export function createServer(options: object, listener: (session: Session) => void): NetServer;
  export const encodings: Readonly<Record<'ASCII', { encode(text: string): Buffer; decode(bytes: Buffer): string }>>;
}
