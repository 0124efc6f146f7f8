// The shop against a real hub: looking around without a login, both languages and sizes with axe, the way to an order and
// its cancelling, refusals that name what is wrong, and a checkout whose answer was lost.

import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { ONCE, browser, errorsOf, person, shot, violations, type Size } from '../browser.ts';
import { freshPhone, loginOn, seated, Shopper } from './people.ts';

const { hub } = inject('demo');
let chrome: Browser;
beforeAll(async () => {
  chrome = await browser();
});
afterAll(() => chrome?.close());

async function clean(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(400);
  await shot(page, `shop-${name}`);
  expect(await violations(page), name).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${name} is wider than the screen`).toBeLessThanOrEqual(0);
}
const add = (page: Page) => page.locator('.goods .add:not(:disabled)').first();

const SIZES: [Size, 'en' | 'hi'][] = [['handheld', 'en'], ['handheld', 'hi'], ['desk', 'en'], ['desk', 'hi']];
test.each(SIZES)('looking around, buying and cancelling on a %s in %s', async (size, lang) => {
  const context = await person(chrome, size, lang);
  const page = await context.newPage();
  const errors = errorsOf(page);
  const seen = (name: string) => clean(page, `${name}-${size}-${lang}`);
  await page.goto(`${hub}/`);
  await page.waitForSelector('.goods .add');
  expect(Number(await page.locator('.promise .mono').textContent())).toBeGreaterThan(0);
  await seen('home');
  await page.locator('.rail button').nth(1).click();
  await page.waitForSelector('.rail [aria-current]');
  await seen('category');
  await page.fill('input[type=search]', lang === 'hi' ? 'दूध' : 'milk');
  await page.waitForFunction((word) => document.querySelector('h1')?.textContent?.includes(word), lang === 'hi' ? 'दूध' : 'milk');
  await add(page).click();
  await page.locator('.goods .on button').last().click();
  await add(page).click();
  await seen('search');
  await page.locator('.promise').click();
  await page.waitForSelector('dialog .promise b');
  await seen('place');
  await page.locator('dialog .primary').click();
  if (size !== 'desk') {
    await page.locator('.bar').click();
    await page.waitForSelector('dialog .foot');
    await seen('basket');
  }
  await page.locator('.foot .primary:visible').first().click();
  await page.waitForSelector('#phone');
  await seen('login');
  await loginOn(page, freshPhone());
  await page.fill('[autocomplete=street-address]', '12, 6th Cross, blue gate');
  await page.locator('form .second').click();
  await page.waitForSelector('.choice small');
  await page.fill('[autocomplete=given-name]', 'Meera');
  await page.waitForSelector('.pay:not(:disabled)');
  await seen('checkout');
  await page.locator('.pay').click();
  await page.waitForSelector('ol li[aria-current], .eta');
  await seen('order');
  await page.locator('.second.stop').click();
  await seen('cancel');
  await page.locator('dialog .second.stop').click();
  await page.waitForSelector('[data-state=cancelled]', { timeout: 30_000 });
  await seen('cancelled');
  await page.goto(`${hub}/#/orders`);
  await page.waitForSelector('.page li a');
  await seen('orders');
  expect(errors).toEqual([]);
  await context.close();
});

test('a search that finds nothing says so, in words of the person', async () => {
  const context = await person(chrome, 'desk');
  const page = await context.newPage();
  await page.goto(`${hub}/`);
  await page.waitForSelector('.goods .add');
  await page.fill('input[type=search]', 'zzqqxx');
  await page.waitForSelector('.none');
  await clean(page, 'none-desk-en');
  await context.close();
});

test('a basket survives a reload, and comes along when somebody logs in', async () => {
  const context = await person(chrome, 'desk');
  const page = await context.newPage();
  await page.goto(`${hub}/`);
  await add(page).click();
  await page.reload();
  await page.waitForSelector('aside li');
  await page.goto(`${hub}/#/you`);
  await loginOn(page, freshPhone());
  await page.waitForFunction(() => location.hash === '#/orders');
  await page.goto(`${hub}/`);
  await page.waitForSelector('aside .sum');
  expect(await page.locator('aside li').count()).toBe(1);
  await context.close();
});

/** A shopper with goods in the cart, at the checkout. */
async function atCheckout(pieces: readonly number[]): Promise<{ shopper: Shopper; page: Page }> {
  const shopper = await Shopper.login(hub, freshPhone());
  await shopper.address();
  await shopper.fill(pieces);
  const page = await (await person(chrome, 'handheld')).newPage();
  await seated(page, 'shop', shopper.session);
  await page.goto(`${hub}/#/checkout`);
  await page.waitForSelector('.pay:not(:disabled)');
  return { shopper, page };
}

test('what ran out is named at its line, and left out with one tap', async () => {
  const { shopper, page } = await atCheckout([1, 50]);
  await page.locator('.pay').click();
  await page.waitForSelector('.alert .line');
  expect(await page.locator('.alert .line').count()).toBe(1);
  await clean(page, 'out-of-stock-handheld-en');
  await page.locator('.alert .second').last().click();
  await expect.poll(async () => (await shopper.cart()).lines.length).toBe(1);
  expect(await shopper.orders()).toEqual([]);
  await page.context().close();
});

test('a declined card is said, nothing is on its way, and cash goes through', async () => {
  const { shopper, page } = await atCheckout([2]);
  await page.locator('input[value=card]').check();
  await page.getByRole('button', { name: 'declines' }).click();
  await page.locator('.pay').click();
  await page.waitForSelector('.alert');
  await clean(page, 'declined-handheld-en');
  expect((await shopper.orders()).filter((order) => order.state !== 'payment_failed')).toEqual([]);
  await page.locator('input[value=cod]').check();
  await page.waitForSelector('.pay:not(:disabled)');
  await page.locator('.pay').click();
  await page.waitForSelector('.eta');
  const [order] = await shopper.orders();
  expect(order?.payment_method).toBe('cod');
  await shopper.api.post(`/api/v1/orders/${order!.id}/cancel`);
  await page.context().close();
});

test('an order whose answer was lost is asked for again, also after a reload, and is one order', ONCE, async () => {
  const { shopper, page } = await atCheckout([1]);
  const keys: (string | undefined)[] = [];
  let cut = true;
  await page.route('**/api/v1/checkout', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    if (!cut) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await page.locator('.pay').click();
  await page.waitForSelector('#refused', { timeout: 30_000 });
  await clean(page, 'unsure-handheld-en');
  await page.reload();
  await page.waitForSelector('#refused');
  cut = false;
  await page.locator('#refused .primary').click();
  await page.waitForSelector('.eta');
  const orders = await shopper.orders();
  expect(orders.length).toBe(1);
  expect(keys.length).toBeGreaterThan(1);
  expect(new Set(keys).size).toBe(1);
  await shopper.api.post(`/api/v1/orders/${orders[0]!.id}/cancel`);
  await page.context().close();
});

test('the shop works by keyboard alone: search, add, to the checkout', async () => {
  const context = await person(chrome, 'desk');
  const page = await context.newPage();
  await page.goto(`${hub}/`);
  await page.waitForSelector('.goods .add');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('goods');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('aside li');
  await page.locator('aside .primary').focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('#phone');
  await context.close();
});
