// A printer dies in the middle of a label. Nothing is printed twice by itself: the board says that a label is in doubt, the
// devices page asks, and both answers work: "it came out" prints nothing more, "print again" prints one that says DUPLICATE.
// And a printer without paper, or with its cover open: every page that a manager may have open says what to do, until it is done.

import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { Bench } from './bench.ts';
import { ONCE, browser, errorsOf, person, shot, violations, type Size } from './browser.ts';
import { pickByHand } from './hand.ts';
import { MANAGER, PICKERS, signIn, Staff } from './store.ts';

const { store, data } = inject('demo');
const bench = new Bench(data, 's1');
let chrome: Browser;
let manager: Staff;
beforeAll(async () => {
  chrome = await browser();
  if (data !== '') manager = await Staff.login(store, MANAGER);
});
afterAll(() => chrome?.close());

/** Packs an order whose bag label dies half-way, and opens the console there. */
async function dying(size: Size, lang: 'en' | 'hi'): Promise<{ page: Page; order: string; number: string; errors: string[]; done: () => Promise<void> }> {
  // What others left waiting comes out first: the label that dies must be this order's.
  await pickByHand(manager, PICKERS[2]);
  const before = await manager.counterOrder([1]);
  await pickByHand(manager, PICKERS[2], before.order);
  await expect.poll(async () => history(before.order), { timeout: 30_000 }).toContain('label_printed');
  const { order, number } = await manager.counterOrder([1]);
  await bench.say('dies after 60 bytes');
  await pickByHand(manager, PICKERS[2], order);
  await expect.poll(async () => history(order), { timeout: 30_000 }).toContain('label_in_doubt');
  return { ...(await signedIn(size, lang)), order, number };
}

/** The console, signed in. */
async function signedIn(size: Size, lang: 'en' | 'hi'): Promise<{ page: Page; errors: string[]; done: () => Promise<void> }> {
  const context = await person(chrome, size, lang);
  const page = await context.newPage();
  const errors = errorsOf(page);
  await signIn(page, store);
  return { page, errors, done: () => context.close() };
}

const history = async (order: string) => (await manager.order(order)).history.map((row) => row.what);
/** What has come out with a bag code of this order on it. */
async function labels(order: string): Promise<string[]> {
  const codes = (await manager.order(order)).bags.map((bag) => `LB:${bag.bag}`);
  expect(codes.length).toBeGreaterThan(0);
  return bench.tray().filter((label) => codes.some((code) => label.includes(code)));
}

test.skipIf(data === '')('print again: one more label, and it says DUPLICATE', ONCE, async () => {
  const { page, order, number, errors, done } = await dying('desk', 'en');
  expect(await labels(order)).toEqual([]);
  await page.locator('.card', { hasText: `#${number}` }).getByText('1 label in doubt').waitFor();
  await shot(page, 'prints-board-desk-en');
  expect(await violations(page)).toEqual([]);
  await page.goto(`${store}/#/devices`);
  const ask = page.getByRole('group', { name: new RegExp(`Is the label there\\? .*${number}`) });
  await ask.waitFor();
  await page.waitForTimeout(300);
  await shot(page, 'prints-ask-desk-en');
  expect(await violations(page)).toEqual([]);
  await bench.say('on');
  await ask.getByRole('button', { name: 'No, print again' }).click();
  await ask.waitFor({ state: 'detached' });
  await expect.poll(async () => (await labels(order)).length, { timeout: 30_000 }).toBe(1);
  expect((await labels(order))[0]).toContain('DUPLICATE');
  await expect.poll(() => history(order), { timeout: 30_000 }).toContain('label_printed');
  expect(await history(order)).toContain('label_repeated');
  expect(errors).toEqual([]);
  await done();
});

test.skipIf(data === '')('it came out: nothing is printed any more, and the order says who said so', ONCE, async () => {
  const { page, order, number, errors, done } = await dying('phone', 'hi');
  await page.goto(`${store}/#/devices`);
  const ask = page.getByRole('group', { name: new RegExp(number) });
  await ask.waitFor();
  await page.waitForTimeout(300);
  await shot(page, 'prints-ask-phone-hi');
  expect(await violations(page)).toEqual([]);
  await bench.say('on');
  await ask.getByRole('button', { name: 'हाँ, निकला' }).click();
  await ask.waitFor({ state: 'detached' });
  await expect.poll(() => history(order)).toContain('label_confirmed');
  expect((await manager.order(order)).history.find((row) => row.what === 'label_confirmed')?.person).toBe(MANAGER.id);

  // A whole label of a later order comes out of the same printer; nothing of this one ever did.
  const later = await manager.counterOrder([1]);
  await pickByHand(manager, PICKERS[2], later.order);
  await expect.poll(async () => (await labels(later.order)).length, { timeout: 30_000 }).toBe(1);
  expect((await labels(later.order))[0]).not.toContain('DUPLICATE');
  expect(await labels(order)).toEqual([]);
  expect(errors).toEqual([]);
  await done();
});

const WORDS = {
  en: { wrong: 'paper is out', todo: 'put in a roll; what waits is printed once', alarm: 'Device does not work', bench: 'paper out' },
  hi: { wrong: 'ढक्कन खुला है', todo: 'उसे बंद करें', alarm: 'उपकरण काम नहीं करता', bench: 'cover open' },
} as const;

test.skipIf(data === '').for([['desk', 'en'], ['phone', 'hi']] as const)('a printer that a person must see to, and has (%s, %s)', ONCE, async ([size, lang]) => {
  const { page, errors, done } = await signedIn(size, lang);
  const words = WORDS[lang];
  await page.goto(`${store}/#/devices`);
  await bench.say(words.bench);
  const need = page.locator('.need', { hasText: 'label-1' });
  await need.getByText(words.wrong).waitFor();
  await need.getByText(words.todo).waitFor();
  await shot(page, `prints-trouble-${size}-${lang}`);
  expect(await violations(page)).toEqual([]);
  // Who has another page open learns it as an alarm.
  await page.goto(`${store}/#/cold`);
  const alarm = page.locator('.alarm', { hasText: words.alarm });
  await alarm.waitFor({ timeout: 60_000 });
  await alarm.scrollIntoViewIfNeeded();
  await shot(page, `prints-alarm-${size}-${lang}`);
  expect(await violations(page)).toEqual([]);
  await bench.say('on');
  await page.goto(`${store}/#/devices`);
  await need.waitFor({ state: 'detached' });
  await shot(page, `prints-mended-${size}-${lang}`);
  expect(errors).toEqual([]);
  await done();
});
