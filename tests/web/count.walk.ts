// A store's machine has died and another one has taken its place. It sells nothing at first and says why; a manager counts the
// shelves to the end, says what became of the order that nobody knows the end of, and the store sells again. The old machine,
// switched on all the same, says that its place is taken.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import type { CountRequest, Counting, CountTask, CounterOrderAnswer } from '@larder/shared/types/store.ts';
import { ONCE, browser, errorsOf, person, shot, violations, type Size } from './browser.ts';
import { english } from './english.ts';
import { launch, replacedStore } from './start.ts';
import { MANAGER, signIn, Staff } from './store.ts';

/** Products that are counted at the screen; those before are counted without one. */
const BY_HAND = 4;
let chrome: Browser;
let demo: Awaited<ReturnType<typeof launch>>;
let machine: Awaited<ReturnType<typeof replacedStore>>;
let before: CounterOrderAnswer;
beforeAll(async () => {
  chrome = await browser();
  demo = await launch([]);
  before = await (await Staff.login(demo.demo.store, MANAGER)).counterOrder([1]);
  machine = await replacedStore(demo.demo.data, 's1');
}, 15 * 60_000);
afterAll(async () => {
  await chrome?.close();
  await machine?.stop();
  await demo?.stop();
});

/** The console at a machine, signed in, on this page. */
async function at(store: string, page: string, size: Size, lang: 'en' | 'hi'): Promise<{ page: Page; errors: string[] }> {
  const screen = await (await person(chrome, size, lang)).newPage();
  const errors = errorsOf(screen);
  await signIn(screen, store);
  await screen.goto(`${store}/#/${page}`);
  return { page: screen, errors };
}

/** A picture for people, and nothing that axe finds wrong. */
async function looked(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(300);
  await shot(page, name);
  expect(await violations(page), name).toEqual([]);
}

const counting = (manager: Staff) => manager.api.get<Counting>('/api/v1/counting');
/** Counts one product: everything lies in its first place. */
async function count(manager: Staff, task: CountTask): Promise<void> {
  const found = task.places.map((place, i) => ({ bin: place.bin, lot: place.lot, qty: i === 0 ? 60 : 0 }));
  await manager.api.post(`/api/v1/counting/${task.sku}`, { found } satisfies CountRequest);
}

test('a manager counts a new machine open, and the old one says that its place is taken', ONCE, async () => {
  const manager = await Staff.login(machine.store, MANAGER);
  await expect.poll(async () => (await counting(manager)).word, { timeout: 60_000 }).toBe(true);
  await expect(manager.counterOrder([1])).rejects.toMatchObject({ problem: { code: 'fenced' } });

  const { page, errors } = await at(machine.store, 'link', 'desk', 'en');
  await page.getByRole('heading', { name: /This store is fenced/ }).waitFor();
  await page.getByText('Count the shelves, best sellers first').waitFor();
  await page.locator('.state', { hasText: 'Count the shelves' }).waitFor();
  await looked(page, 'count-fenced-desk-en');
  const phone = await at(machine.store, 'link', 'phone', 'hi');
  await phone.page.locator('.state', { hasText: 'शेल्फ़ गिनें' }).waitFor();
  await looked(phone.page, 'count-fenced-phone-hi');

  // The bulk of the shelves; the last ones at the screen.
  for (let left = await counting(manager); left.total - left.done > BY_HAND + 1; left = await counting(manager))
    for (const task of left.next.slice(0, left.total - left.done - BY_HAND - 1)) await count(manager, task);
  await phone.page.goto(`${machine.store}/#/count`);
  await phone.page.locator('form.task').waitFor();
  await looked(phone.page, 'count-one-phone-hi');
  await page.getByRole('link', { name: 'Count now' }).click();
  for (let left = BY_HAND; left > 0; left -= 1) {
    const form = page.locator('form.task');
    const name = await form.getAttribute('aria-label');
    for (const place of await form.locator('.place').all()) await place.locator('input').fill('3');
    if (left === BY_HAND) {
      // Somebody else counts the last one meanwhile: the list is read anew, and what is typed here stays.
      await count(manager, (await counting(manager)).next.at(-1)!);
      await page.getByRole('link', { name: new RegExp(`^Count ${BY_HAND}$`) }).waitFor();
      for (const place of await form.locator('.place').all()) expect(await place.locator('input').inputValue()).toBe('3');
      await looked(page, 'count-one-desk-en');
    }
    await form.getByRole('button', { name: 'Counted' }).click();
    await page.getByRole('status').filter({ hasText: name! }).waitFor();
    // The next one stands there only when the list is read anew.
    await page.getByRole('form', { name: name!, exact: true }).waitFor({ state: 'detached' });
    expect(await counting(manager)).toMatchObject(left > 1 ? { needed: true, total: (await counting(manager)).done + left - 1 } : {});
  }
  await expect.poll(async () => { const now = await counting(manager); return now.total - now.done; }).toBe(0);

  // Nobody knows whether what the backup had open has left since.
  await page.goto(`${machine.store}/#/link`);
  const doubt = page.locator('li, article', { hasText: before.number }).first();
  await doubt.getByRole('button', { name: 'It is still to be done' }).click();
  await page.getByRole('heading', { name: /This store is fenced/ }).waitFor({ state: 'detached' });
  await looked(page, 'count-open-desk-en');
  await page.goto(`${machine.store}/#/count`);
  await page.getByText('Nothing has to be counted').waitFor();
  await manager.counterOrder([1]);
  expect([...errors, ...phone.errors]).toEqual([]);

  const old = await at(demo.demo.store, 'link', 'phone', 'hi');
  await old.page.locator('.fence').getByText('इस मशीन को बंद करें').waitFor({ timeout: 60_000 });
  await old.page.locator('.state', { hasText: 'इस मशीन को बंद करें' }).waitFor();
  expect(await old.page.getByText(before.number).count()).toBe(0);
  await looked(old.page, 'count-superseded-phone-hi');
  expect(await english(old.page, ['store-node backup enrol'])).toEqual([]);
  const desk = await at(demo.demo.store, 'link', 'desk', 'en');
  await desk.page.locator('.state', { hasText: 'Switch this machine off' }).waitFor();
  await looked(desk.page, 'count-superseded-desk-en');
  await expect((await Staff.login(demo.demo.store, MANAGER)).counterOrder([1])).rejects.toMatchObject({ problem: { code: 'fenced' } });
});
