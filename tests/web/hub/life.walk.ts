// One order's whole life on real screens: ordered in the shop, picked in the store, collected and delivered by the rider
// (the proof given without a signal), watched by operations. Then the rider's and operations' screens with axe.

import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { RiderNow } from '@larder/shared/types/hub.ts';
import type { HandoverAnswer, OrderDetail } from '@larder/shared/types/store.ts';
import { browser, errorsOf, person, shot, violations } from '../browser.ts';
import { english } from '../english.ts';
import { pickByHand } from '../hand.ts';
import { launch } from '../start.ts';
import { MANAGER, PICKERS, Staff } from '../store.ts';
import { BAY, freshPhone, loginOn, OPS, RIDER, seated, Shopper } from './people.ts';

// A demo of its own: its rider must find nobody else's bags at the store.
const outside = inject('demo');
let { hub, store } = outside;
let stop: (() => Promise<void>) | undefined;
let chrome: Browser;
let manager: Staff;
/** One login each for all that is not about logging in: the hub sends a phone few codes in ten minutes. */
let imran: Shopper;
let office: Shopper;
beforeAll(async () => {
  chrome = await browser();
  if (!process.env['LARDER_DEMO_STORE']) {
    const own = await launch(['--cut', 's2@0..86400']);
    ({ hub, store } = own.demo);
    stop = own.stop;
  }
  manager = await Staff.login(store, MANAGER);
  imran = await Shopper.login(hub, RIDER.phone);
  office = await Shopper.login(hub, OPS.phone);
}, 15 * 60_000);
afterAll(async () => {
  await chrome?.close();
  await stop?.();
});

async function clean(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(400);
  await shot(page, name);
  expect(await violations(page), name).toEqual([]);
}
async function riderPhone(lang: 'en' | 'hi'): Promise<{ context: BrowserContext; page: Page }> {
  const context = await person(chrome, 'handheld', lang);
  await context.grantPermissions(['geolocation']);
  await context.setGeolocation(BAY);
  return { context, page: await context.newPage() };
}
/** Gives the bags to the rider at the bay, as the clerk's scanner does. */
async function handOver(order: OrderDetail, badge: string): Promise<void> {
  await manager.api.post<HandoverAnswer>('/api/v1/handover', { order: order.card.order, rider: badge, bags: order.bags.map((bag) => bag.bag) });
}

test('from the shop to the door, with a wrong code and no signal on the way', async () => {
  const { context, page: rider } = await riderPhone('en');
  const riderErrors = errorsOf(rider);
  await rider.goto(`${hub}/rider/`);
  await rider.waitForSelector('#phone');
  await clean(rider, 'rider-login-en');
  await loginOn(rider, RIDER.phone);
  await rider.waitForSelector('.until, .calm');
  if (await rider.locator('.until').isVisible()) {
    await clean(rider, 'rider-off-en');
    await rider.locator('.go.big').click();
  }
  await rider.waitForSelector('.calm');
  await clean(rider, 'rider-wait-en');

  const shopper = await Shopper.login(hub, freshPhone());
  await shopper.fill([2, 1]);
  const order = await shopper.checkout({ method: 'cod' });
  const shop = await (await person(chrome, 'handheld')).newPage();
  const shopErrors = errorsOf(shop);
  await seated(shop, 'shop', shopper.session);
  await shop.goto(`${hub}/#/order/${order.id}`);
  await shop.waitForSelector('.min');

  await expect.poll(async () => (await manager.board()).orders.some((each) => each.order === order.id), { timeout: 30_000 }).toBe(true);
  await pickByHand(manager, PICKERS[2], order.id);
  await shop.waitForSelector('li.now:nth-child(3)', { timeout: 30_000 });
  await clean(shop, 'shop-order-packed-handheld-en');

  await rider.waitForSelector('figure svg', { timeout: 60_000 });
  await clean(rider, 'rider-collect-en');
  const badge = ((await rider.locator('figcaption').textContent()) ?? '').replace('LR:', '');
  await handOver(await manager.order(order.id), badge);
  await rider.waitForSelector('dl .bags', { timeout: 30_000 });
  await clean(rider, 'rider-deliver-en');

  await shop.waitForSelector('.code .mono', { timeout: 30_000 });
  await clean(shop, 'shop-order-on-the-way-handheld-en');
  const code = ((await shop.locator('.code .mono').textContent()) ?? '').trim();
  expect(code).toMatch(/^\d{4}$/);

  await rider.locator('.go.big').click();
  await rider.keyboard.type(code === '0000' ? '1111' : '0000');
  await rider.locator('.cash').click();
  await clean(rider, 'rider-code-en');
  await rider.locator('.pad .go').click();
  await rider.waitForSelector('[data-kind=refused]');
  await clean(rider, 'rider-wrong-code-en');
  await rider.locator('.news .key').click();

  await rider.locator('.go.big').click();
  await rider.keyboard.type(code);
  await rider.locator('.cash').click();
  await context.setOffline(true);
  await rider.locator('.pad .go').click();
  await rider.waitForSelector('[data-kind=kept]', { timeout: 30_000 });
  await clean(rider, 'rider-kept-en');
  expect((await shopper.order(order.id)).state).toBe('dispatched');
  await context.setOffline(false);
  await expect.poll(async () => (await shopper.order(order.id)).state, { timeout: 30_000 }).toMatch(/delivered|completed/);
  await shop.waitForSelector('.word[data-state]', { timeout: 30_000 });
  await clean(shop, 'shop-order-delivered-handheld-en');
  await rider.waitForSelector('.calm');
  expect((await manager.order(order.id)).card.state).toMatch(/dispatched|delivered|completed/);

  await operations(order.id);
  expect([...riderErrors, ...shopErrors]).toEqual([]);
  await context.close();
});

test('two neighbours share one way: all bags are collected, then one door after the other', async () => {
  const { context, page: rider } = await riderPhone('hi');
  const errors = errorsOf(rider);
  await seated(rider, 'rider', imran.session);
  await rider.goto(`${hub}/rider/`);
  await rider.waitForSelector('.until, .calm');
  if (await rider.locator('.until').isVisible()) await rider.locator('.go.big').click();
  await rider.waitForSelector('.calm');
  const neighbours = await Promise.all([Shopper.login(hub, freshPhone()), Shopper.login(hub, freshPhone())]);
  for (const one of neighbours) await one.fill([1]);
  const orders = await Promise.all(neighbours.map((one) => one.checkout({ method: 'cod' })));
  const state = async (id: string) => (await manager.order(id)).card.state;
  for (const { id } of orders) {
    await expect.poll(async () => (await manager.board()).orders.some((each) => each.order === id), { timeout: 30_000 }).toBe(true);
    if ((await state(id)) !== 'packed') await pickByHand(manager, PICKERS[1], id);
  }
  const now = () => imran.api.get<RiderNow>('/api/v1/rider/now');
  await expect.poll(async () => (await now()).stops?.map((stop) => stop.number).sort(), { timeout: 60_000 }).toEqual(orders.map((order) => order.number).sort());
  await rider.waitForFunction((numbers) => numbers.every((number) => document.querySelector('main')?.textContent?.includes(number)), orders.map((order) => order.number));
  await clean(rider, 'rider-collect-two-hi');
  expect(await english(rider, [...orders.map((order) => order.number), '12, 6th Cross, blue gate'])).toEqual([]);
  const badge = ((await rider.locator('figcaption').textContent()) ?? '').replace('LR:', '');
  for (const order of orders) await handOver(await manager.order(order.id), badge);
  for (const [n, wanted] of ['first', 'last'].entries()) {
    await rider.waitForSelector('dl .bags', { timeout: 30_000 });
    await clean(rider, `rider-deliver-${wanted}-of-two-hi`);
    const next = (await now()).next;
    const at = orders.findIndex((order) => next.type === 'deliver' && next.order === order.id);
    const { delivery_code: code } = await neighbours[at]!.order(orders[at]!.id);
    await rider.locator('.go.big').click();
    await rider.keyboard.type(code!);
    await rider.locator('.cash').click();
    await rider.locator('.pad .go').click();
    await expect.poll(async () => (await neighbours[at]!.order(orders[at]!.id)).state, { timeout: 30_000 }).toMatch(/delivered|completed/);
    expect((await Promise.all(neighbours.map((one, i) => one.order(orders[i]!.id)))).filter((order) => /delivered|completed/.test(order.state))).toHaveLength(n + 1);
  }
  await rider.waitForSelector('.calm', { timeout: 30_000 });
  expect(errors).toEqual([]);
  await context.close();
});

/** The story of the order as operations read it. */
async function operations(order: string): Promise<void> {
  for (const lang of ['en', 'hi'] as const) {
    const page = await (await person(chrome, 'desk', lang)).newPage();
    const errors = errorsOf(page);
    if (lang === 'hi') await seated(page, 'ops', office.session);
    await page.goto(`${hub}/ops/`);
    if (lang === 'en') {
      await page.waitForSelector('#phone');
      await clean(page, `ops-login-desk-${lang}`);
      await loginOn(page, OPS.phone);
    }
    await page.waitForSelector('.figures');
    await clean(page, `ops-city-desk-${lang}`);
    await page.goto(`${hub}/ops/#/order/${order}`);
    await page.waitForSelector('.detail ol li');
    await clean(page, `ops-order-desk-${lang}`);
    expect(await page.locator('.detail ol').textContent()).toContain(lang === 'en' ? 'delivered' : 'पहुँचा');
    expect(await page.locator('.scores li').count()).toBeGreaterThan(0);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.detail', { state: 'detached' });
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
    expect(errors).toEqual([]);
    await page.context().close();
  }
}

test('the rider’s screens in Hindi, and a customer is no rider', async () => {
  const { context, page } = await riderPhone('hi');
  await seated(page, 'rider', imran.session);
  await page.goto(`${hub}/rider/`);
  await page.waitForSelector('.until, .calm');
  await clean(page, 'rider-now-hi');
  await context.close();
  const other = await riderPhone('hi');
  await other.page.goto(`${hub}/rider/`);
  await loginOn(other.page, freshPhone());
  await other.page.waitForSelector('main .key');
  await clean(other.page, 'rider-not-rider-hi');
  await other.context.close();
});

test('a rider’s page opens again without a network', async () => {
  const { context, page } = await riderPhone('en');
  await seated(page, 'rider', imran.session);
  await page.goto(`${hub}/rider/`);
  await page.waitForSelector('.until, .calm');
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await page.reload();
  await page.waitForSelector('.until, .calm');
  await page.waitForSelector('.net.off');
  await clean(page, 'rider-offline-en');
  await context.close();
});

test('operations keep what they saw when the hub does not answer, and say how old it is', async () => {
  const context = await person(chrome, 'desk');
  const page = await context.newPage();
  await seated(page, 'ops', office.session);
  await page.goto(`${hub}/ops/`);
  await page.waitForSelector('.figures');
  const before = await page.locator('.panel li b').first().textContent();
  await page.route('**/api/v1/ops/**', (route) => route.abort());
  await page.waitForSelector('.stale', { timeout: 30_000 });
  await clean(page, 'ops-stale-desk-en');
  expect(await page.locator('.panel li b').first().textContent()).toBe(before);
  await page.unroute('**/api/v1/ops/**');
  await page.waitForSelector('.stale', { state: 'detached', timeout: 30_000 });
  await context.close();
});

test('a rider’s token opens nothing of operations', async () => {
  expect((await imran.api.get<RiderNow>('/api/v1/rider/now')).name).toBe(RIDER.name);
  await expect(imran.api.get('/api/v1/ops/now')).rejects.toMatchObject({ problem: { status: 403 } });
  const page = await (await person(chrome, 'desk')).newPage();
  await seated(page, 'ops', { ...imran.session, role: 'city_ops' });
  await page.goto(`${hub}/ops/`);
  await page.waitForSelector('.gate .second');
  await clean(page, 'ops-forbidden-desk-en');
  await page.context().close();
});
