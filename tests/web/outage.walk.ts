// The store without its uplink: the console says so at once and everywhere, and the shop floor goes on: a counter order is
// taken, picked, printed and handed over while the hub is out of reach.

import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Browser } from 'playwright-core';
import type { Link } from '@larder/shared/types/store.ts';
import { ONCE, browser, errorsOf, person, shot, violations } from './browser.ts';
import { pickByHand } from './hand.ts';
import { signIn, Staff, type Person } from './store.ts';

const { cutStore: store } = inject('demo');
const MANAGER: Person = { id: 'farah', name: 'Farah', pin: '8082' };
const PICKER: Person = { id: 'lata', name: 'Lata', pin: '4714' };
let chrome: Browser;
beforeAll(async () => {
  chrome = await browser();
});
afterAll(() => chrome?.close());

test.skipIf(store === '').each([['desk', 'en'], ['desk', 'hi'], ['phone', 'en'], ['phone', 'hi']] as const)('internet down on a %s in %s', ONCE, async (size, lang) => {
  const context = await person(chrome, size, lang);
  const page = await context.newPage();
  const errors = errorsOf(page);
  await signIn(page, store, MANAGER);
  await page.locator('.banner.warn').waitFor({ timeout: 30_000 });
  await page.waitForTimeout(300);
  await shot(page, `outage-now-${size}-${lang}`);
  expect(await violations(page)).toEqual([]);
  await page.goto(`${store}/#/link`);
  await page.locator('.state.down .big').waitFor();
  const link = await (await Staff.login(store, MANAGER)).api.get<Link>('/api/v1/link');
  expect(['finish_promised', 'counter_only']).toContain(link.advice);
  expect(link.quota_groups.reduce((sum, group) => sum + group.units, 0)).toBe(link.hub_quota_units);
  expect(await page.locator('.groups li').count()).toBe(link.quota_groups.length);
  await page.waitForTimeout(300);
  await shot(page, `outage-link-${size}-${lang}`);
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
  await context.close();
});

test.skipIf(store === '')('the floor goes on: a counter order is taken, picked and handed over, and its facts wait', ONCE, async () => {
  const manager = await Staff.login(store, MANAGER);
  const before = await manager.api.get<Link>('/api/v1/link');
  expect(before.online).toBe(false);
  const { order } = await manager.counterOrder([2, 1]);
  await pickByHand(manager, PICKER, order);
  const bags = (await manager.order(order)).bags.map((bag) => bag.bag);
  await manager.api.post('/api/v1/handover', { order, rider: '', bags });
  expect((await manager.order(order)).card.moments.dispatched).toBeDefined();
  const after = await manager.api.get<Link>('/api/v1/link');
  expect(after.online).toBe(false);
  expect(after.facts_waiting).toBeGreaterThan(before.facts_waiting);
});
