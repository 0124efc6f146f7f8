// Walks run one after the other: they share one demo and one browser's patience.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['*.walk.ts', 'hub*/**/*.walk.ts'],
    globalSetup: ['./start.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The demo's people act in the same store meanwhile; a walk that they disturbed is told as retried, and must pass then.
    // Walks through a cut say `retry: 0` (see browser.ts): what is lost or doubled there once is what they look for.
    retry: 1,
  },
});
