import fc from 'fast-check';
import { FrameParser, frameMessage } from '../../../src/infrastructure/embedded/event-store/wire/grpc-frames';
import {
  MalformedMessage,
  ProtobufReader,
} from '../../../src/infrastructure/embedded/event-store/wire/protobuf-reader';
import { ProtobufWriter } from '../../../src/infrastructure/embedded/event-store/wire/protobuf-writer';
import { readUuid, stringUuid, structuredUuid } from '../../../src/infrastructure/embedded/event-store/wire/uuid';

describe('the protobuf codec', () => {
  it('reads back what it wrote', () => {
    const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(
        number,
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.string({ unit: 'binary' }),
        (uint, int64, text) => {
          const bytes = new ProtobufWriter()
            .uint(1, uint)
            .int64(2, int64)
            .message(30, (m) => m.string(1, text))
            .finish();
          const reader = new ProtobufReader(bytes);
          reader.next();
          expect(reader.uint()).toBe(uint);
          reader.next();
          expect(reader.int64()).toBe(int64);
          reader.next();
          expect(reader.field).toBe(30);
          const nested = reader.message();
          nested.next();
          expect(nested.string()).toBe(text);
          expect(reader.next()).toBe(false);
        },
      ),
    );
  });

  it('takes any bytes for a message or refuses them, and never reads past their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const reader = new ProtobufReader(Buffer.from(bytes));
        try {
          while (reader.next()) reader.skip();
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage);
        }
      }),
    );
  });

  it('reads a UUID in both its forms', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(readUuid(new ProtobufReader(stringUuid(id)))).toBe(id);
        expect(readUuid(new ProtobufReader(structuredUuid(id)))).toBe(id);
      }),
    );
  });

  it('refuses an id that is no UUID', () => {
    expect(() => readUuid(new ProtobufReader(stringUuid('not-an-id')))).toThrow(MalformedMessage);
  });
});

describe('the gRPC frames', () => {
  it('come out whole however the bytes are cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (bodies, cuts) => {
        const bytes = Buffer.concat(bodies.map((body) => frameMessage(Buffer.from(body))));
        const parser = new FrameParser();
        const read: Buffer[] = [];
        for (let at = 0, cut = 0; at < bytes.length; cut++) {
          const length = cuts[cut % cuts.length] as number;
          read.push(...parser.push(bytes.subarray(at, at + length)));
          at += length;
        }
        expect(read.map((message) => [...message])).toEqual(bodies.map((body) => [...body]));
      }),
    );
  });

  it('refuses a compressed message and one that is too large', () => {
    expect(() => new FrameParser().push(Buffer.from([1, 0, 0, 0, 0]))).toThrow('Compressed');
    expect(() => new FrameParser().push(Buffer.from([0, 0xff, 0, 0, 0]))).toThrow('maximum');
  });
});
