// The picker's start over a bad Wi-Fi: what must come before the first picture, and what is kept at once for offline use.
// Reads the build that the demo carries.

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const dist = resolve('../../store-node/web/dist/picker');
const kb = (names: string[]) => names.reduce((sum, name) => sum + gzipSync(readFileSync(join(dist, name))).length, 0) / 1024;

test('the shell stays below 40 kB and the precache below 150 kB, gzipped', () => {
  const page = readFileSync(join(dist, 'index.html'), 'utf8');
  const assets = readdirSync(join(dist, 'assets')).map((name) => `assets/${name}`);
  const first = assets.filter((name) => page.includes(name));
  expect(first.length).toBeGreaterThanOrEqual(2);
  expect(kb(['index.html', ...first])).toBeLessThan(40);
  const kept = JSON.parse(/const FILES = (\[.*?\]);/.exec(readFileSync(join(dist, 'sw.js'), 'utf8'))![1]!) as string[];
  const files = kept.map((name) => (name === './' ? 'index.html' : name.slice(2)));
  expect(files).toEqual(expect.arrayContaining(first));
  expect(kb(files)).toBeLessThan(150);
});

test('nothing of the build asks the internet for anything', () => {
  for (const folder of ['picker', 'console']) {
    const base = resolve('../../store-node/web/dist', folder);
    const texts = ['index.html', ...readdirSync(join(base, 'assets')).filter((n) => /\.(js|css)$/.test(n)).map((n) => `assets/${n}`)];
    for (const name of texts) {
      const text = readFileSync(join(base, name), 'utf8');
      expect(text, name).not.toMatch(/@import\s*url\(["']?https?:|(?:src|href)=["']https?:|(?:googleapis|gstatic|unpkg|jsdelivr|cdnjs)\./);
    }
  }
});
