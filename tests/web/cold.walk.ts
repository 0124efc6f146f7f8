// The cold chain with real bytes: the second store's probes are warmed and pulled out as the kernel would show it. The
// console says so by itself, the lots of the zone are blocked, "seen" is not "over", and calm comes back by itself.

import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Browser } from 'playwright-core';
import type { ColdChain, StockDetail, StockPage } from '@larder/shared/types/store.ts';
import { browser, errorsOf, person, shot, violations } from './browser.ts';
import { POWER_ON, Probes } from './probes.ts';
import { signIn, Staff, type Person } from './store.ts';

const { cutStore: store, data } = inject('demo');
const MANAGER: Person = { id: 'farah', name: 'Farah', pin: '8082' };
let chrome: Browser;
let manager: Staff;
beforeAll(async () => {
  chrome = await browser();
  if (data !== '') manager = await Staff.login(store, MANAGER);
});
afterAll(() => chrome?.close());

const probes = new Probes(data, 's2');

async function until<T>(look: () => Promise<T>, right: (value: T) => boolean, what: string): Promise<T> {
  const end = Date.now() + 90_000;
  for (;;) {
    const value = await look();
    if (right(value)) return value;
    if (Date.now() > end) throw new Error(`${what}: ${JSON.stringify(value).slice(0, 800)}`);
    await new Promise((done) => setTimeout(done, 250));
  }
}
const cold = () => manager.api.get<ColdChain>('/api/v1/cold');
const open = (chain: ColdChain) => chain.alarms.filter((alarm) => alarm.cleared === null);

test.skipIf(data === '')('a warm cold room, a pulled probe, and one that says its power-on value', { timeout: 300_000 }, async () => {
  const context = await person(chrome, 'desk');
  const page = await context.newPage();
  const errors = errorsOf(page);
  await signIn(page, store, MANAGER);
  expect(open(await cold())).toEqual([]);

  probes.set('temp-cold-1', 9000);
  probes.pull('temp-frozen-1');
  probes.set('temp-fresh-1', POWER_ON);
  await page.locator('.banner.stop').waitFor({ timeout: 90_000 });
  await page.getByRole('link', { name: /^Cold chain/ }).first().click();
  await page.locator('.alarm', { hasText: 'Too warm' }).waitFor({ timeout: 90_000 });
  await page.locator('.alarm', { hasText: 'Sensor silent' }).waitFor({ timeout: 90_000 });
  await page.locator('.alarm', { hasText: 'Sensor: impossible value' }).waitFor({ timeout: 90_000 });
  await page.waitForTimeout(500);
  await shot(page, 'cold-alarms-desk-en');
  expect(await violations(page)).toEqual([]);

  // Chilled goods of the zone may not be sold, and say why.
  const milk = (await manager.api.get<StockPage>('/api/v1/stock?q=milk')).rows.find((row) => row.blocked > 0);
  expect(milk).toBeDefined();
  const detail = await manager.api.get<StockDetail>(`/api/v1/stock/${milk!.sku}`);
  expect(detail.lots.some((lot) => lot.blocked > 0 && lot.blocked_why !== '')).toBe(true);
  await page.goto(`${store}/#/stock/${milk!.sku}`);
  await page.locator('.sums').waitFor();
  await shot(page, 'cold-blocked-desk-en');
  expect(await violations(page)).toEqual([]);

  await page.goto(`${store}/#/cold`);
  await page.locator('.alarm', { hasText: 'Too warm' }).getByRole('button').click();
  await page.locator('.alarm', { hasText: 'Too warm' }).getByText(/seen by/).waitFor();
  expect(open(await cold()).some((alarm) => alarm.kind === 'too_warm')).toBe(true);

  probes.set('temp-cold-1', 3200);
  probes.set('temp-frozen-1', -19_500);
  probes.set('temp-fresh-1', 12_000);
  await until(cold, (chain) => open(chain).length === 0, 'calm again');
  await page.locator('.alarm').first().waitFor({ state: 'detached', timeout: 30_000 });
  await page.waitForTimeout(500);
  await shot(page, 'cold-after-desk-en');
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
  await context.close();
});
