// The build of rider: served by the hub at /rider/
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { surface } from '../../sync/web/vite/surface.ts';

export default defineConfig(surface(resolve(import.meta.dirname, 'rider'), resolve(import.meta.dirname, 'dist/rider')));
