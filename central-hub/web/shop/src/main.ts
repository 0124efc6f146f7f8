// Starts the shop.
import '@larder/shared/theme.css';
import '../../common/base.css';
import './shop.css';
import { mount } from 'svelte';
import { lang } from '@larder/shared/i18n.svelte.ts';
import { Account } from '../../common/account.svelte.ts';
import App from './App.svelte';
import { Shop } from './shop.svelte.ts';

document.documentElement.lang = lang();
const shop = new Shop(new Account('larder.shop.session'));
mount(App, { target: document.getElementById('app')!, props: { shop } });
void shop.start();
