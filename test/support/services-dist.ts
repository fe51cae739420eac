import { transformFile } from '@swc/core';
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..', '..');

/**
 * Compiles the sources of this moment, without checking types, into a folder of this run's own: a test run then neither
 * waits for a full build nor is disturbed by another one. `npm test` gives the real build instead (`WAHT_TEST_DIST`).
 * @returns the folder with `main.js`, and how to remove it.
 */
export async function compileForTests(): Promise<{ dist: string; remove: () => void }> {
  const home = join(ROOT, 'test-results', `program-${process.pid}`);
  const dist = join(home, 'dist');
  mkdirSync(dist, { recursive: true });
  // As beside the real one: the program reads its own version from there.
  copyFileSync(join(ROOT, 'package.json'), join(home, 'package.json'));
  const source = join(ROOT, 'src');
  const files = readdirSync(source, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  await Promise.all(files.map((entry) => compile(join(entry.parentPath, entry.name), source, dist)));
  return { dist, remove: () => rmSync(home, { recursive: true, force: true }) };
}

async function compile(file: string, source: string, dist: string): Promise<void> {
  const target = join(dist, relative(source, file));
  mkdirSync(dirname(target), { recursive: true });
  if (extname(file) !== '.ts') return copyFileSync(file, target);
  const { code } = await transformFile(file, {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      keepClassNames: true,
    },
    module: { type: 'commonjs', ignoreDynamic: true },
    sourceMaps: 'inline',
  });
  writeFileSync(target.replace(/\.ts$/, '.js'), code);
}
