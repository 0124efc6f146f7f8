// A basket that no single store has, in a demo of its own whose both stores are connected: somebody who lives between them is
// offered two deliveries with all that is paid, takes them on the phone, and each store gets its order.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Browser } from 'playwright-core';
import type { Cart, ProductCard, SearchPage, Serviceable } from '@larder/shared/types/hub.ts';
import { browser, errorsOf, person, shot, violations, type Size } from '../browser.ts';
import { english } from '../english.ts';
import { launch, type Demo } from '../start.ts';
import { MANAGER, SECOND_MANAGER, Staff } from '../store.ts';
import { freshPhone, seated, Shopper } from './people.ts';

/** Between the demo's stores, within three kilometres of each. */
const BETWEEN = { lat: 12.95355, lon: 77.63285 };
let chrome: Browser;
let demo: Demo | undefined;
let stop: (() => Promise<void>) | undefined;
beforeAll(async () => {
  if (process.env['LARDER_DEMO_STORE']) return;
  chrome = await browser();
  ({ demo, stop } = await launch([]));
}, 15 * 60_000);
afterAll(async () => {
  await chrome?.close();
  await stop?.();
});

/** More of one product than either store has, but not than both: far enough from each that rights which move a little in
    between change nothing. Fewer than 20 are told as they are. Null as long as a store has granted nothing yet. */
async function shared(shopper: Shopper): Promise<{ card: ProductCard; qty: number } | null> {
  const at = `lat=${BETWEEN.lat}&lon=${BETWEEN.lon}`;
  const { store } = await shopper.api.get<Serviceable>(`/api/v1/serviceable?${at}`);
  const found: { card: ProductCard; qty: number; least: number }[] = [];
  for (const word of ['milk', 'rice', 'tea', 'oil', 'soap', 'juice', 'biscuit', 'dal']) {
    const { hits } = await shopper.api.get<SearchPage>(`/api/v1/search?q=${word}&store=${store}&${at}`);
    for (const card of hits) {
      const [least, most] = [card.available, card.elsewhere].sort((a, b) => a - b) as [number, number];
      if (most < 20) found.push({ card, qty: most + Math.ceil(least / 2), least });
    }
  }
  const best = found.sort((a, b) => b.least - a.least)[0];
  return best && best.least >= 4 ? best : null;
}

const SIZES: [Size, 'en' | 'hi'][] = [['handheld', 'en'], ['handheld', 'hi'], ['desk', 'en'], ['desk', 'hi']];
test.skipIf(process.env['LARDER_DEMO_STORE']).each(SIZES)('two deliveries are offered on a %s in %s, and taken', async (size, lang) => {
  const { hub, store, cutStore } = demo!;
  const shopper = await Shopper.login(hub, freshPhone());
  await shopper.api.post('/api/v1/me/addresses', { text: '12, 6th Cross, blue gate', at: BETWEEN });
  const some = async () => (await shared(shopper)) ?? Promise.reject(new Error('no product is short at both stores'));
  const { card, qty } = await vi.waitFor(some, { timeout: 30_000, interval: 500 });
  await shopper.api.put<Cart>(`/api/v1/cart/lines/${card.sku}`, { qty });
  const context = await person(chrome, size, lang);
  const page = await context.newPage();
  const errors = errorsOf(page);
  await seated(page, 'shop', shopper.session);
  await page.goto(`${hub}/#/checkout`);
  await page.waitForSelector('.pay:not(:disabled)');
  await page.fill('[autocomplete=given-name]', 'Meera');
  await page.locator('.pay').click();
  await page.waitForSelector('#refused ol');
  await page.waitForTimeout(400);
  await shot(page, `shop-split-${size}-${lang}`);
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  if (lang === 'hi') expect(await english(page, ['12, 6th Cross, blue gate'])).toEqual([]);
  expect(await page.locator('#refused ol > li').count()).toBe(2);
  expect(await shopper.orders(), 'nothing is ordered by an offer').toEqual([]);
  await page.locator('#refused .primary').click();
  await page.waitForFunction(() => location.hash === '#/orders');
  await page.waitForSelector('.page li a');
  await shot(page, `shop-split-orders-${size}-${lang}`);
  const orders = await shopper.orders();
  expect(orders.map((order) => order.store).sort()).toEqual(['s1', 's2']);
  expect(orders.flatMap((order) => order.lines).reduce((sum, line) => sum + line.qty, 0)).toBe(qty);
  for (const [id, address, who] of [['s1', store, MANAGER], ['s2', cutStore, SECOND_MANAGER]] as const) {
    const manager = await Staff.login(address, who);
    const order = orders.find((each) => each.store === id)!;
    const there = async () => (await manager.board()).orders.some((card) => card.number === order.number);
    await expect.poll(there, { timeout: 20_000 }).toBe(true);
  }
  for (const order of orders) await shopper.api.post(`/api/v1/orders/${order.id}/cancel`);
  expect(errors).toEqual([]);
  await context.close();
});
