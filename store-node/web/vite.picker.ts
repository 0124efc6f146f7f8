// The picker's build: served by the store node at /picker/.
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { serviceWorker, surface } from '../../sync/web/vite/surface.ts';

const root = resolve(import.meta.dirname, 'picker');
export default defineConfig(surface(root, resolve(import.meta.dirname, 'dist/picker'), [serviceWorker('picker', 400)], '/picker/'));
