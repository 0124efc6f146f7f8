// The build of ops: served by the hub at /ops/
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { surface } from '../../sync/web/vite/surface.ts';

export default defineConfig({ ...surface(resolve(import.meta.dirname, 'ops'), resolve(import.meta.dirname, 'dist/ops')), base: '/ops/' });
