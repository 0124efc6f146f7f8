// The store's console against a real store: log in, every section in both languages and at both sizes with axe, a counter
// order taken by keyboard, live board, handover of a picked order with a foreign bag refused, and old content that stays
// when the line breaks.

import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { browser, errorsOf, person, shot, violations, wedge, type Size } from './browser.ts';
import { Line } from './proxy.ts';
import { MANAGER, PICKERS, signIn, Staff } from './store.ts';
import { pickByHand } from './hand.ts';

const { store } = inject('demo');
let chrome: Browser;
let manager: Staff;
beforeAll(async () => {
  chrome = await browser();
  manager = await Staff.login(store, MANAGER);
});
afterAll(() => chrome?.close());

const SIZES: [Size, 'en' | 'hi'][] = [['desk', 'en'], ['desk', 'hi'], ['phone', 'en'], ['phone', 'hi']];
test.each(SIZES)('every section on a %s in %s', async (size, lang) => {
  const context = await person(chrome, size, lang);
  const page = await context.newPage();
  const errors = errorsOf(page);
  const { order } = await manager.counterOrder([1, 2]);
  const clean = async (name: string) => {
    await page.waitForTimeout(400);
    await shot(page, `console-${name}-${size}-${lang}`);
    expect(await violations(page), name).toEqual([]);
  };
  await page.goto(`${store}/`);
  await page.waitForSelector('.who');
  await clean('login');
  await signIn(page, store);
  await page.waitForSelector('.card');
  await clean('now');
  await page.goto(`${store}/#/now/${order}`);
  await page.waitForSelector('dialog .lines li');
  await clean('order');
  await page.keyboard.press('Escape');
  await page.goto(`${store}/#/stock`);
  await page.waitForSelector('tbody tr');
  await clean('stock');
  await page.locator('tbody a').first().click();
  await page.waitForSelector('.sums');
  await clean('stock-item');
  await page.goto(`${store}/#/cold`);
  await page.waitForSelector('figure');
  await clean('cold');
  await page.goto(`${store}/#/devices`);
  await page.waitForSelector('.all li');
  await clean('devices');
  await page.goto(`${store}/#/link`);
  await page.waitForSelector('.state');
  await clean('link');
  await page.goto(`${store}/#/counter`);
  await page.fill('#cq', 'a');
  await page.locator('.found button').first().click();
  await clean('counter');
  await page.goto(`${store}/#/handover`);
  await page.waitForSelector('#code');
  await clean('handover');
  expect(errors).toEqual([]);
  await context.close();
});

test('a wrong PIN is said, and nothing opens', async () => {
  const context = await person(chrome, 'desk');
  const page = await context.newPage();
  await page.goto(`${store}/`);
  await page.getByLabel(PICKERS[0].name, { exact: true }).check();
  await page.fill('#pin', '0000');
  await page.keyboard.press('Enter');
  await page.getByText('Wrong PIN').waitFor();
  expect(await page.locator('nav').count()).toBe(0);
  await context.close();
});

test('a counter order by keyboard appears on the board by itself, is picked, and leaves with the right bags only', async () => {
  const context = await person(chrome, 'desk');
  const page = await context.newPage();
  await signIn(page, store);
  await page.getByRole('link', { name: /^Counter/ }).press('Enter');
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement?.id === 'cq');
  await page.keyboard.type('milk');
  await page.locator('.found button:enabled').first().press('Enter');
  await page.locator('#fn').fill('Nila');
  await page.getByRole('button', { name: 'Place the order' }).press('Enter');
  const title = await page.locator('.done .big').innerText();
  const number = /[0-9A-Z]+$/.exec(title.trim())![0];
  await shot(page, 'console-counter-done-desk-en');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('link', { name: /^Now/ }).click();
  await page.locator('.card', { hasText: `#${number}` }).waitFor({ timeout: 3000 });

  const card = (await manager.board()).orders.find((o) => o.number === number)!;
  await pickByHand(manager, PICKERS[0], card.order);
  await page.locator('section:has(#col-packed) .card', { hasText: `#${number}` }).waitFor({ timeout: 10_000 });

  await page.getByRole('link', { name: /^Handover/ }).click();
  await page.locator('h1').click();
  const bags = (await manager.order(card.order)).bags;
  await wedge(page, `LB:${bags[0]!.bag}`);
  await page.locator('.now .has').first().waitFor();
  await wedge(page, 'LB:0000-1-FFFF');
  await page.locator('.banner.stop').waitFor();
  await shot(page, 'console-handover-foreign-desk-en');
  expect(await violations(page)).toEqual([]);
  for (const bag of bags.slice(1)) await wedge(page, `LB:${bag.bag}`);
  await page.getByRole('button', { name: 'Hand over' }).click();
  await page.locator('.given').waitFor();
  expect((await manager.order(card.order)).card.moments.dispatched).toBeDefined();
  await context.close();
});

test('when the line breaks the board stays, says how old it is, and comes back by itself', async () => {
  const line = await Line.to(Number(new URL(store).port));
  const context = await person(chrome, 'desk');
  const page = await context.newPage();
  const base = `http://127.0.0.1:${line.port}`;
  const { number } = await manager.counterOrder([1]);
  await signIn(page, base);
  await page.locator('.card', { hasText: `#${number}` }).waitFor();
  await page.locator('.live:not(.off)').waitFor();
  line.cut();
  await page.locator('.live.off').waitFor();
  await page.locator('.banner.info').waitFor({ timeout: 15_000 });
  await shot(page, 'console-stale-desk-en');
  expect(await violations(page)).toEqual([]);
  expect(await page.locator('.card', { hasText: `#${number}` }).count()).toBe(1);
  line.mend();
  await page.locator('.live:not(.off)').waitFor({ timeout: 15_000 });
  await page.locator('.banner.info').waitFor({ state: 'detached' });
  await context.close();
  line.close();
});
