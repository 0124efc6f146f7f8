// Starts the picker: service worker, session, screen.
import '@larder/shared/theme.css';
import './picker.css';
import { mount } from 'svelte';
import { lang } from '@larder/shared/i18n.svelte.ts';
import App from './App.svelte';
import { Session } from './session.svelte.ts';

document.documentElement.lang = lang();
const session = new Session();
mount(App, { target: document.getElementById('app')!, props: { session } });
void session.start();
if (import.meta.env.PROD && 'serviceWorker' in navigator) void keepShell();

/** The shell is kept by the worker itself; the fonts this page used came before the worker did, so it asks for them again. */
async function keepShell(): Promise<void> {
  await navigator.serviceWorker.register(`${import.meta.env.BASE_URL}sw.js`);
  await Promise.all([navigator.serviceWorker.ready, document.fonts.ready]);
  if (!navigator.serviceWorker.controller) await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done, { once: true }));
  const used = performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => name.endsWith('.woff2'));
  await Promise.all(used.map((name) => fetch(name).catch(() => undefined)));
}
