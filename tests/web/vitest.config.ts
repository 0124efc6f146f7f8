// Walks run one after the other: they share one demo and one browser's patience. LARDER_WALKS says which of them: those of a
// store's pages, those of the hub's (and one that has a demo of its own anyway, so that both take as long), or all where nothing
// is said.
import { defaultExclude, defineConfig } from 'vitest/config';

const HALVES: Record<string, string[]> = { store: ['*.walk.ts'], hub: ['hub/**/*.walk.ts', 'count.walk.ts'] };
const asked = process.env['LARDER_WALKS'] ?? '';
if (asked !== '' && !(asked in HALVES)) throw new Error(`LARDER_WALKS=${asked}: say store, hub, or nothing`);

export default defineConfig({
  test: {
    include: HALVES[asked] ?? Object.values(HALVES).flat(),
    exclude: asked === 'store' ? [...defaultExclude, 'count.walk.ts'] : [...defaultExclude],
    globalSetup: ['./start.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The demo's people act in the same store meanwhile; a walk that they disturbed is told as retried, and must pass then.
    // Walks through a cut say `retry: 0` (see browser.ts): what is lost or doubled there once is what they look for.
    retry: 1,
  },
});
