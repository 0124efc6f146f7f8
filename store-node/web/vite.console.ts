// The console's build: served by the store node at /.
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { surface } from '../../sync/web/vite/surface.ts';

export default defineConfig(surface(resolve(import.meta.dirname, 'console'), resolve(import.meta.dirname, 'dist/console'), [], '/'));
