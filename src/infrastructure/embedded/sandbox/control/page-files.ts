import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';

export interface PageFile {
  contentType: string;
  body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing from elsewhere, nothing inline: a text message that looks like markup can do nothing. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-cache',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};

/**
 * Reads the page's files once, by the path that each is served at; there is no way from a request to the file system.
 * @throws Error when they are neither beside this code nor in the sources.
 */
export function loadPage(): ReadonlyMap<string, PageFile> {
  const beside = join(__dirname, '..', 'page');
  // A build that did not copy the assets still finds them in the sources it was built from.
  const inSources = beside.replace(`${sep}dist${sep}`, `${sep}src${sep}`);
  const folder = existsSync(beside) ? beside : inSources;
  const files = new Map<string, PageFile>();
  for (const file of readdirSync(folder)) {
    const contentType = TYPES[extname(file)];
    const path = file === 'index.html' ? '/' : `/${file}`;
    if (contentType !== undefined) files.set(path, { contentType, body: readFileSync(join(folder, file)) });
  }
  return files;
}
