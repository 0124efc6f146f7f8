// Starts the store's console.
import '@larder/shared/theme.css';
import './console.css';
import { mount } from 'svelte';
import { lang } from '@larder/shared/i18n.svelte.ts';
import App from './App.svelte';

document.documentElement.lang = lang();
mount(App, { target: document.getElementById('app')! });
