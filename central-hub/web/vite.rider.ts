// The build of rider: served by the hub at /rider/
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { serviceWorker, surface } from '../../sync/web/vite/surface.ts';

const root = resolve(import.meta.dirname, 'rider');
export default defineConfig({ ...surface(root, resolve(import.meta.dirname, 'dist/rider'), [serviceWorker('rider', 600)]), base: '/rider/' });
