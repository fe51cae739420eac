import { createServer, type Server, type Socket } from 'node:net';

const COMMAND = { submit: 0x04, deliver: 0x05, unbind: 0x06, enquireLink: 0x15 };
const BINDS = new Set([0x01, 0x02, 0x09]);
const RESPONSE = 0x80000000;
const HEADER_BYTES = 16;

function pdu(command: number, sequence: number, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(HEADER_BYTES + body.length, 0);
  header.writeUInt32BE(command >>> 0, 4);
  header.writeUInt32BE(sequence, 12);
  return Buffer.concat([header, body]);
}

/** The C-octet string at `offset` and where the next field begins. */
function text(packet: Buffer, offset: number): { value: string; end: number } {
  const zero = packet.indexOf(0, offset);
  return { value: packet.toString('latin1', offset, zero), end: zero + 1 };
}

/** A delivery receipt for a submit_sm: addresses swapped, esm_class 4, the usual text (SMPP 3.4, appendix B). */
function receipt(submit: Buffer, id: string): Buffer {
  const service = text(submit, HEADER_BYTES);
  const source = text(submit, service.end + 2);
  const destination = text(submit, source.end + 2);
  const note = Buffer.from(
    `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:x`,
    'latin1',
  );
  return Buffer.concat([
    Buffer.from([0, 1, 1]),
    Buffer.from(`${destination.value}\0`, 'latin1'),
    Buffer.from([1, 1]),
    Buffer.from(`${source.value}\0`, 'latin1'),
    Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 0, note.length]),
    note,
  ]);
}

/** As the account that both sides bind with; any is let in. */
const ACCOUNT = { USERNAME: 'bench', API_KEY: 'bench' };
/** Submissions without an answer at one time, as many as Kannel is given. */
const WINDOW = 100;

/** Just enough of an SMPP 3.4 message centre for a comparison: accepts all, reports all delivered at once. */
export class MessageCentre {
  private submitted = 0;
  private sequence = 1;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<MessageCentre> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the message centre has no port');
    const centre = new MessageCentre(server, address.port);
    server.on('connection', (socket) => centre.serve(socket));
    return centre;
  }

  /** What has the gateway send everything here, whatever the tier. */
  environment(tiers: number): NodeJS.ProcessEnv {
    const env: NodeJS.ProcessEnv = {};
    for (let tier = 1; tier <= tiers; tier++) {
      const account = { ...ACCOUNT, ADAPTER: 'smpp', URL: `smpp://127.0.0.1:${this.port}`, WINDOW: String(WINDOW) };
      env[`TIER_${tier}`] = 'simulated';
      for (const [name, value] of Object.entries(account)) env[`TIER_${tier}_${name}`] = value;
    }
    return env;
  }

  /** Once those that are bound have left. */
  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private serve(socket: Socket): void {
    let pending = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= HEADER_BYTES && pending.length >= pending.readUInt32BE(0)) {
        const length = pending.readUInt32BE(0);
        this.answer(socket, pending.subarray(0, length));
        pending = pending.subarray(length);
      }
    });
  }

  private answer(socket: Socket, packet: Buffer): void {
    const command = packet.readUInt32BE(4);
    const number = packet.readUInt32BE(12);
    if (BINDS.has(command)) socket.write(pdu(RESPONSE | command, number, Buffer.from('centre\0', 'latin1')));
    else if (command === COMMAND.enquireLink || command === COMMAND.unbind)
      socket.write(pdu(RESPONSE | command, number, Buffer.alloc(0)));
    else if (command === COMMAND.submit) {
      const id = String(++this.submitted).padStart(10, '0');
      socket.write(pdu(RESPONSE | command, number, Buffer.from(`${id}\0`, 'latin1')));
      socket.write(pdu(COMMAND.deliver, this.sequence++, receipt(packet, id)));
    }
  }
}
