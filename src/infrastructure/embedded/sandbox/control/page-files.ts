import { existsSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

export interface PageFile {
  contentType: string;
  body: Buffer;
}

const FILES: Readonly<Record<string, { file: string; contentType: string }>> = {
  '/': { file: 'index.html', contentType: 'text/html; charset=utf-8' },
  '/page.css': { file: 'page.css', contentType: 'text/css; charset=utf-8' },
  '/page.js': { file: 'page.js', contentType: 'text/javascript; charset=utf-8' },
  '/model.js': { file: 'model.js', contentType: 'text/javascript; charset=utf-8' },
  '/view.js': { file: 'view.js', contentType: 'text/javascript; charset=utf-8' },
  '/providers.js': { file: 'providers.js', contentType: 'text/javascript; charset=utf-8' },
  '/icon.svg': { file: 'icon.svg', contentType: 'image/svg+xml' },
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

/** Reads the page's files once; @throws Error when they are neither beside this code nor in the sources. */
export function loadPage(): ReadonlyMap<string, PageFile> {
  const beside = join(__dirname, '..', 'page');
  // A build that did not copy the assets still finds them in the sources it was built from.
  const inSources = beside.replace(`${sep}dist${sep}`, `${sep}src${sep}`);
  const folder = existsSync(beside) ? beside : inSources;
  return new Map(
    Object.entries(FILES).map(([path, { file, contentType }]) => [
      path,
      { contentType, body: readFileSync(join(folder, file)) },
    ]),
  );
}
