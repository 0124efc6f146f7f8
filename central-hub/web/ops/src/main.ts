// Starts operations.
import '@larder/shared/theme.css';
import '../../common/base.css';
import './ops.css';
import { mount } from 'svelte';
import { lang } from '@larder/shared/i18n.svelte.ts';
import { Account } from '../../common/account.svelte.ts';
import App from './App.svelte';
import { Desk } from './desk.svelte.ts';

document.documentElement.lang = lang();
const desk = new Desk(new Account('larder.ops.session'));
mount(App, { target: document.getElementById('app')!, props: { desk } });
void desk.start();
