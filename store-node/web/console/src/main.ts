// Starts the store's console.
import '@larder/shared/theme.css';
import './console.css';
import { mount } from 'svelte';
import { lang } from '@larder/shared/i18n.svelte.ts';
import { knowProblems } from '@larder/shared/words.ts';
import App from './App.svelte';
import { MORE } from './problems.ts';

knowProblems(MORE);
document.documentElement.lang = lang();
mount(App, { target: document.getElementById('app')! });
