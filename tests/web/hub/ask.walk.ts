// What is not on its shelf, on two real screens at once: the picker says so, the customer is asked while a clock runs, says
// yes or lets the time go by; the picker's screen hears either. In both languages.

import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { browser, errorsOf, person, shot, violations, wedge } from '../browser.ts';
import { english } from '../english.ts';
import { pickByHand } from '../hand.ts';
import { label, MANAGER, PICKERS, shelf, Staff } from '../store.ts';
import { freshPhone, seated, Shopper } from './people.ts';

const { hub, store } = inject('demo');
let chrome: Browser;
let manager: Staff;
beforeAll(async () => {
  chrome = await browser();
  manager = await Staff.login(store, MANAGER);
});
beforeEach(async () => {
  for (const picker of PICKERS) await pickByHand(manager, picker);
});
afterAll(() => chrome?.close());

async function clean(page: Page, name: string, lang: 'en' | 'hi', names: readonly string[]): Promise<void> {
  await page.waitForTimeout(300);
  await shot(page, `${name}-${lang}`);
  expect(await violations(page), name).toEqual([]);
  if (lang === 'hi') expect(await english(page, names), name).toEqual([]);
}

/** A picker with a handheld who has logged in. */
async function picker(lang: 'en' | 'hi', who: (typeof PICKERS)[number]): Promise<{ context: BrowserContext; page: Page }> {
  const { token, device } = await manager.enrol(`ask-${who.id}-${process.pid}`);
  const context = await person(chrome, 'handheld', lang);
  const page = await context.newPage();
  await page.goto(`${store}/picker/#device=${device}&token=${token}`);
  await page.getByRole('button', { name: who.name, exact: true }).click();
  await page.waitForSelector('[data-link=online]');
  for (const digit of who.pin) await page.locator('.pad').getByRole('button', { name: digit, exact: true }).click();
  await page.locator('.pad .go').click();
  await page.waitForSelector('.pad', { state: 'detached' });
  return { context, page };
}

/** The shopper's screen with an order of two goods, and the picker's with the same order in hand. */
async function under(lang: 'en' | 'hi', who: (typeof PICKERS)[number]): Promise<{ shopper: Shopper; order: string; shop: Page; hand: Page; names: string[]; close: () => Promise<void> }> {
  const shopper = await Shopper.login(hub, freshPhone());
  await shopper.fill([1, 1]);
  const { id, lines } = await shopper.checkout({ method: 'cod' });
  const context = await person(chrome, 'handheld', lang);
  const shop = await context.newPage();
  await seated(shop, 'shop', shopper.session);
  await shop.goto(`${hub}/#/order/${id}`);
  await shop.waitForSelector('.min');
  await expect.poll(async () => (await manager.board()).orders.some((each) => each.order === id), { timeout: 30_000 }).toBe(true);
  const { context: own, page: hand } = await picker(lang, who);
  await hand.waitForSelector('.bin', { timeout: 30_000 });
  const names = ['Larder', 'English', 'Indiranagar', '12, 6th Cross, blue gate', who.name, ...lines.map((line) => line.name)];
  return { shopper, order: id, shop, hand, names, close: async () => { await context.close(); await own.close(); } };
}

test.each([['en', PICKERS[1]], ['hi', PICKERS[0]]] as const)('the customer is asked in %s, says yes, and the picker takes the other product', { timeout: 180_000 }, async (lang, who) => {
  const { shopper, order, shop, hand, names, close } = await under(lang, who);
  const errors = [...errorsOf(shop), ...errorsOf(hand)];
  await hand.locator('footer .stop').click();
  await shop.waitForSelector('section.ask .primary', { timeout: 30_000 });
  await clean(shop, 'shop-ask', lang, names);
  await hand.waitForFunction(() => document.body.textContent?.match(/Customer is asked|ग्राहक से पूछा जा रहा है/));
  await clean(hand, 'picker-asking', lang, names);
  await shop.locator('section.ask .primary').click();
  await hand.waitForSelector('.notice', { timeout: 20_000 });
  await clean(hand, 'picker-answer-yes', lang, [...names, await notice(hand)]);
  await hand.locator('.notice button').click();
  for (let n = 0; n < 4 && !(await hand.locator('.pack').isVisible()); n += 1) {
    const open = (await shelf(hand)).find((line) => line.picked + line.short < line.qty);
    if (!open) break;
    await wedge(hand, label(open));
    await hand.waitForSelector('[data-flash=right]', { timeout: 3000 });
    await hand.waitForSelector('[data-flash]', { state: 'detached' });
    await hand.waitForTimeout(300);
  }
  await hand.waitForSelector('.pack');
  await hand.locator('.pack').click();
  await expect.poll(async () => (await shopper.order(order)).lines.some((line) => line.substitute !== null), { timeout: 30_000 }).toBe(true);
  await shop.waitForSelector('.instead');
  expect(errors).toEqual([]);
  await close();
});

test('nobody answers: the clock runs out on both screens, the line is refunded, the rest is packed', { timeout: 180_000 }, async () => {
  const { shopper, order, shop, hand, names, close } = await under('hi', PICKERS[2]);
  await hand.locator('footer .stop').click();
  await shop.waitForSelector('section.ask .primary', { timeout: 30_000 });
  const before = await shop.locator('section.ask .clock').textContent();
  await expect.poll(async () => (await shop.locator('section.ask .clock').count()) === 0 || (await shop.locator('section.ask .clock').textContent()) !== before).toBe(true);
  await shop.waitForSelector('section.ask', { state: 'detached', timeout: 90_000 });
  await hand.waitForSelector('.notice', { timeout: 20_000 });
  await clean(hand, 'picker-answer-none', 'hi', [...names, await notice(hand)]);
  const open = (await shelf(hand)).find((line) => line.picked + line.short < line.qty);
  await hand.locator('.notice button').click();
  if (open) await wedge(hand, label(open));
  await hand.waitForSelector('.pack');
  await hand.locator('.pack').click();
  await expect.poll(async () => (await shopper.order(order)).lines.some((line) => line.short > 0), { timeout: 30_000 }).toBe(true);
  await shop.waitForSelector('.short');
  await clean(shop, 'shop-left-out', 'hi', names);
  await close();
});

/** The product that the notice names, as it stands there in English. */
async function notice(hand: Page): Promise<string> {
  const text = (await hand.locator('.notice').textContent()) ?? '';
  return /: (.+?)(।|✕|$)/.exec(text)?.[1] ?? '';
}
