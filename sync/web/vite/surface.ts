// How a surface is built, the same for every house: svelte, hashed names, fonts' licences beside the fonts, and (for a
// surface that works offline) a list of the shell's files for its service worker.

import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin, UserConfig } from 'vite';

const require = createRequire(import.meta.url);
const FONTS = ['@fontsource-variable/inter', '@fontsource-variable/jetbrains-mono', '@fontsource-variable/noto-sans-devanagari'];

/** Puts the fonts' licences (OFL) into the build, as the licence asks. */
function fontLicences(): Plugin {
  return {
    name: 'larder-font-licences',
    apply: 'build',
    generateBundle() {
      const source = FONTS.map((name) => `${name}\n\n${readFileSync(require.resolve(`${name}/LICENSE`), 'utf8')}`).join('\n\n');
      this.emitFile({ type: 'asset', fileName: 'fonts-licence.txt', source });
    },
  };
}

/**
 * Emits `sw.js` for a surface of that name: with the list of what to keep at once and a version that changes with any of
 * it. After `patienceMs` without a fresh page the kept one is shown.
 */
export function serviceWorker(name: string, patienceMs: number): Plugin {
  return {
    name: 'larder-service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const files = Object.keys(bundle).filter((file) => /\.(js|css|html|webmanifest|svg)$/.test(file)).sort();
      const hash = createHash('sha256');
      for (const path of files) {
        const file = bundle[path]!;
        hash.update(path).update(file.type === 'chunk' ? file.code : file.source);
      }
      const list = ['./', ...files.filter((file) => file !== 'index.html').map((file) => `./${file}`)];
      const source = readFileSync(new URL('../src/sw.js', import.meta.url), 'utf8')
        .replace('__FILES__', JSON.stringify(list))
        .replace('__NAME__', JSON.stringify(`larder-${name}-`))
        .replace('__PATIENCE_MS__', String(patienceMs))
        .replace('__VERSION__', JSON.stringify(hash.digest('hex').slice(0, 12)));
      this.emitFile({ type: 'asset', fileName: 'sw.js', source });
    },
  };
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/** The build of one surface: `root` holds its index.html, `outDir` is absolute, `base` is where it is served. */
export function surface(root: string, outDir: string, plugins: Plugin[] = [], base = './'): UserConfig {
  return {
    root,
    base,
    define: { __VERSION__: JSON.stringify(version) },
    plugins: [svelte(), fontLicences(), ...plugins],
    build: { outDir, emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  };
}
