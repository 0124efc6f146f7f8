// Starts the rider's phone.
import '@larder/shared/theme.css';
import '../../common/base.css';
import './rider.css';
import { mount } from 'svelte';
import { lang } from '@larder/shared/i18n.svelte.ts';
import { Account } from '../../common/account.svelte.ts';
import App from './App.svelte';
import { Phone } from './phone.svelte.ts';

document.documentElement.lang = lang();
const phone = new Phone(new Account('larder.rider.session'));
mount(App, { target: document.getElementById('app')!, props: { phone } });
void phone.start();
if (import.meta.env.PROD && 'serviceWorker' in navigator) void navigator.serviceWorker.register('./sw.js');
