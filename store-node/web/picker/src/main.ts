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
if (import.meta.env.PROD && 'serviceWorker' in navigator) void navigator.serviceWorker.register(`${import.meta.env.BASE_URL}sw.js`);
