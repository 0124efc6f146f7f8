// Runs the surfaces' own logic in plain Node; screens are walked by tests/web.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  test: { include: ['{common,shop,rider,ops}/**/*.test.ts'], environment: 'node' },
});
