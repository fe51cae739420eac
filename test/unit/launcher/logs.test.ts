import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ComplaintFollower, complaintIn } from '../../../src/infrastructure/embedded/launcher/complaints';
import { ROTATE_AT_BYTES, lastWords, rotateLog } from '../../../src/infrastructure/embedded/launcher/log-files';

let folder: string;
let log: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waht-unit-'));
  log = join(folder, 'a.log');
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('rotation', () => {
  it('leaves a short log alone', () => {
    writeFileSync(log, 'short');
    rotateLog(log);
    expect(readFileSync(log, 'utf8')).toBe('short');
  });

  it('sets a long one aside and keeps three', () => {
    for (const mark of ['1', '2', '3', '4']) {
      writeFileSync(log, mark + 'x'.repeat(ROTATE_AT_BYTES));
      rotateLog(log);
    }
    expect(existsSync(log)).toBe(false);
    expect(['1', '2', '3'].map((age) => readFileSync(`${log}.${age}`, 'utf8')[0])).toEqual(['4', '3', '2']);
    expect(existsSync(`${log}.4`)).toBe(false);
  });
});

describe('the last words of a child', () => {
  it('are its last complaint, not the stack below it', () => {
    const output = [
      'starting',
      'Error: the port is taken',
      '    at listen (node:net:1:2)',
      '    at main (file.js:3:4)',
      '',
      'Node.js v20.20.2',
    ];
    expect(lastWords(output.join('\n'))).toBe('Error: the port is taken');
  });

  it('are the message of a structured line', () => {
    const line = JSON.stringify({
      level: 'fatal',
      msg: 'start refused',
      err: { message: 'WAHT_MASTER_KEY is too short' },
    });
    expect(lastWords(`{"level":"info","msg":"hello"}\n${line}\n`)).toBe('start refused: WAHT_MASTER_KEY is too short');
  });

  it('are the whole list where it closes with one', () => {
    const output =
      'starting\nThe configuration is not usable:\n  - PORT is no number\n  - WAHT_MASTER_KEY is missing\n';
    expect(lastWords(output)).toBe('The configuration is not usable: - PORT is no number - WAHT_MASTER_KEY is missing');
  });

  it('are not an address in which the word error occurs', () => {
    expect(lastWords("Nest can't resolve it\nsee https://docs.example/common-errors\n")).toBe("Nest can't resolve it");
  });

  it('are its last line where it does not complain, and nothing where it said nothing', () => {
    expect(lastWords('one\ntwo\n')).toBe('two');
    expect(lastWords('')).toBe('');
  });
});

describe('complaints for the terminal', () => {
  it('are warnings and worse', () => {
    expect(complaintIn('{"level":"info","msg":"fine"}')).toBeUndefined();
    expect(complaintIn('{"level":"warn","msg":"slow"}')).toBe('WARN slow');
    expect(complaintIn('{"level":"error","msg":"lost","err":{"message":"ECONNREFUSED"}}')).toBe(
      'ERROR lost: ECONNREFUSED',
    );
    expect(complaintIn('    at main (file.js:3:4)')).toBeUndefined();
    expect(complaintIn('{"level":')).toBeUndefined();
  });

  it('are passed on as they are written, whole lines only', async () => {
    writeFileSync(log, '{"level":"error","msg":"before"}\n');
    const told: string[] = [];
    const follower = new ComplaintFollower(log, (line) => told.push(line));
    writeFileSync(log, '{"level":"warn","msg":"a"}\n{"level":"warn",', { flag: 'a' });
    await until(() => told.length === 1);
    writeFileSync(log, '"msg":"b"}\n', { flag: 'a' });
    await until(() => told.length === 2);
    follower.stop();
    expect(told).toEqual(['WARN a', 'WARN b']);
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
