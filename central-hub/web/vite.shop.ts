// The build of shop: served by the hub at /
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { surface } from '../../sync/web/vite/surface.ts';

export default defineConfig({ ...surface(resolve(import.meta.dirname, 'shop'), resolve(import.meta.dirname, 'dist/shop')), base: '/' });
