import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryNeedles, numberNeedles, scanFolders, scanText, textNeedles } from '../../support/plaintext-scan';

const NUMBER = '+254712345678';

/** What looks for plaintext must find it, or its silence proves nothing. */
describe('the scan for plaintext', () => {
  const needles = [...numberNeedles(NUMBER), ...textNeedles('the body', 'Habari Wanjiku, karibu')];

  it.each([
    NUMBER,
    '254712345678',
    '0712345678',
    '0712 345 678',
    '+254-712-345-678',
    Buffer.from(NUMBER).toString('hex'),
    Buffer.from(NUMBER).toString('base64'),
    Buffer.from(`{"to":"${NUMBER}"}`).toString('base64'),
    Buffer.from(`{ "to":"${NUMBER}" }`).toString('base64url'),
    Buffer.from(`x{ "to":"${NUMBER}" }`).toString('base64url'),
    `phoneNumber=${encodeURIComponent(NUMBER)}&x=1`,
    createHash('sha256').update(NUMBER).digest('hex'),
    createHash('sha1').update(NUMBER).digest('base64url'),
    'say Habari Wanjiku, karibu!',
    Buffer.from('say Habari Wanjiku, karibu!').toString('base64'),
  ])('finds %s', (text) => {
    expect(scanText('here', `before ${text} after`, needles)).not.toEqual([]);
  });
  it('finds UTF-16 and bytes, also where two reads of a file meet', () => {
    const folder = mkdtempSync(join(tmpdir(), 'waht-scan-'));
    const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
    const edge = 4 * 1024 * 1024;
    writeFileSync(join(folder, 'utf16'), Buffer.from(`x${NUMBER}`, 'utf16le'));
    writeFileSync(join(folder, 'large'), Buffer.concat([Buffer.alloc(edge - 5), key, Buffer.alloc(100)]));
    const found = scanFolders([folder], [...needles, ...binaryNeedles('the key', key)]);
    rmSync(folder, { recursive: true });
    expect(new Set(found.map(({ where }) => where))).toEqual(new Set([join(folder, 'utf16'), join(folder, 'large')]));
  });
  it('finds nothing where there is nothing', () => {
    expect(scanText('here', 'Habari, +254712345679, 0712 345 679, Wanjiku', needles)).toEqual([]);
  });
});
