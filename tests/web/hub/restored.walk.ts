// A hub has come out of its backup: operations are told what that means, bring back what it has forgotten, and two of them say that
// everything is here. Until then the rights of its former life stay blocked.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { newId } from '@larder/shared/id.ts';
import type { OpsSync, RecoverRequest } from '@larder/shared/types/hub.ts';
import { browser, errorsOf, person, shot, violations, type Size } from '../browser.ts';
import { english } from '../english.ts';
import { restoredHub } from '../start.ts';
import { seated, Shopper } from './people.ts';

const PHONES = ['+919800020001', '+919800020002'] as const;
const STORE = 'Larder Indiranagar';
let chrome: Browser;
let world: Awaited<ReturnType<typeof restoredHub>>;
let staff: Shopper[];
beforeAll(async () => {
  chrome = await browser();
  world = await restoredHub(PHONES);
  staff = await Promise.all(PHONES.map((phone) => Shopper.login(world.hub, phone)));
}, 15 * 60_000);
afterAll(async () => {
  await chrome?.close();
  await world?.stop();
});

/** The page of links and rights, as one of operations sees it. */
async function links(who: number, size: Size, lang: 'en' | 'hi'): Promise<{ page: Page; errors: string[] }> {
  const page = await (await person(chrome, size, lang)).newPage();
  const errors = errorsOf(page);
  await seated(page, 'ops', staff[who]!.session);
  await page.goto(`${world.hub}/ops/#/links`);
  await page.waitForSelector('.stores .card dl');
  return { page, errors };
}

const sync = () => staff[0]!.api.get<OpsSync>('/api/v1/ops/sync');

test.each([['desk', 'en'], ['desk', 'hi'], ['phone', 'en'], ['phone', 'hi']] as const)('a restored hub says so on a %s in %s', async (size, lang) => {
  const { page, errors } = await links(0, size, lang);
  await page.locator('.restored').waitFor();
  await page.locator('.restored li').nth(1).locator('button').click();
  await page.waitForTimeout(300);
  await shot(page, `ops-restored-${size}-${lang}`);
  expect(await violations(page)).toEqual([]);
  if (lang === 'hi') expect(await english(page, [STORE, 's1', 'JSON', 'store-node backup enrol', 'central-hub backup enrol', 'hub.toml', '[backup]'])).toEqual([]);
  // A store that was never heard is not told to have no key.
  expect((await sync()).stores[0]!.backup).toEqual({ state: 'none' });
  if (lang === 'en') await page.locator('.stores').getByText('nothing was heard of this store yet').waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('forgotten orders are brought back once, and two people close the former life', async () => {
  const { page, errors } = await links(0, 'desk', 'en');
  const panel = page.locator('.restored');
  const now = Date.now();
  const orders: RecoverRequest['orders'] = [{
    order: newId(), store: 's1', epoch: 1, generation: 1, placed_at: now - 90_000, confirmed_at: now - 89_000, customer: null, address: null, paid: true,
    head: { number: '9Z9', channel: 'online', promise_at: now + 400_000, first_name: '', cod: 0, preset: 'refund', lines: [{ sku: 'MLK-0001', qty: 1, unit_price: 3_300 }] },
  }];
  const choose = (text: string) => panel.locator('input[type=file]').setInputFiles({ name: 'orders.json', mimeType: 'application/json', buffer: Buffer.from(text) });
  await choose('{ no json');
  await panel.getByRole('alert').getByText('not readable as JSON').waitFor();
  await choose(JSON.stringify(orders));
  await panel.getByText('1 order brought back, 0 known already').waitFor();
  await choose(JSON.stringify(orders));
  await panel.getByText('0 orders brought back, 1 known already').waitFor();
  await shot(page, 'ops-restored-brought');

  await panel.getByRole('button', { name: 'Every order is here' }).click();
  await panel.getByRole('button', { name: 'Yes, I have compared' }).click();
  await panel.getByText('1 of 2 have said so').waitFor();
  // Nobody says it twice.
  await panel.locator('li').nth(1).locator('button').waitFor({ state: 'detached' });
  await shot(page, 'ops-restored-one-voice');
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);

  const other = await links(1, 'phone', 'hi');
  await other.page.locator('.restored li').nth(1).locator('button').click();
  await other.page.locator('.restored .ask .primary').click();
  await expect.poll(async () => (await sync()).closing, { timeout: 20_000 }).toBeNull();
  await expect.poll(() => other.page.locator('.restored').count(), { timeout: 20_000 }).toBe(0);
  await shot(other.page, 'ops-restored-closed');
  expect(other.errors).toEqual([]);
  await Promise.all([page.context().close(), other.page.context().close()]);
});
