// A fridge gets warm, in a demo of its own (its goods stay blocked): operations see it under that store, with what is known of
// it and whether anybody there has seen it; a person there has, and it says so; then it is over, and gone.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import type { OpsSync } from '@larder/shared/types/hub.ts';
import type { ColdChain } from '@larder/shared/types/store.ts';
import { browser, errorsOf, person, shot, violations, type Size } from '../browser.ts';
import { english } from '../english.ts';
import { Probes } from '../probes.ts';
import { launch, type Demo } from '../start.ts';
import { MANAGER, Staff } from '../store.ts';
import { OPS, seated, Shopper } from './people.ts';

const SENSOR = 'temp-cold-1';
const [CALM, WARM] = [3200, 9000];
const patience = { timeout: 120_000 };
let chrome: Browser;
let demo: Demo | undefined;
let stop: (() => Promise<void>) | undefined;
let office: Shopper;
beforeAll(async () => {
  // The probes of a demo that runs elsewhere cannot be warmed from here.
  if (process.env['LARDER_DEMO_STORE']) return;
  chrome = await browser();
  ({ demo, stop } = await launch([]));
  office = await Shopper.login(demo.hub, OPS.phone);
}, 15 * 60_000);
afterAll(async () => {
  await chrome?.close();
  await stop?.();
});

const sync = () => office.api.get<OpsSync>('/api/v1/ops/sync');
const card = (page: Page) => page.locator('#store-s1');

/** The hub's pages, as operations see them. */
async function desk(size: Size, lang: 'en' | 'hi', at: string): Promise<{ page: Page; errors: string[] }> {
  const page = await (await person(chrome, size, lang)).newPage();
  const errors = errorsOf(page);
  await seated(page, 'ops', office.session);
  await page.goto(`${demo!.hub}/ops/#/${at}`);
  return { page, errors };
}

async function looked(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(400);
  await shot(page, name);
  expect(await violations(page), name).toEqual([]);
}

/** No English where Hindi is read; names of stores and places stay as they are. */
async function hindi(page: Page, name: string): Promise<void> {
  const names = (await sync()).stores.flatMap((store) => [store.name, store.store]);
  expect(await english(page, ['store-node backup enrol', ...names]), name).toEqual([]);
}

/** Somebody at the store says "I have seen it". */
async function seenThere(): Promise<void> {
  const manager = await Staff.login(demo!.store, MANAGER);
  const { alarms } = await manager.api.get<ColdChain>('/api/v1/cold');
  const warm = alarms.find((alarm) => alarm.kind === 'too_warm' && alarm.cleared === null);
  await manager.api.post(`/api/v1/alarms/${warm!.id}/acknowledge`);
}

test.skipIf(process.env['LARDER_DEMO_STORE'])('a warm fridge stands under its store until it is over', { timeout: 480_000 }, async () => {
  const probes = new Probes(demo!.data, 's1');
  probes.set(SENSOR, CALM);
  const { page, errors } = await desk('desk', 'en', 'links');
  await card(page).getByText('✓ No alarm stands there').waitFor(patience);
  await looked(page, 'ops-alarms-none-desk-en');

  probes.set(SENSOR, WARM);
  const alarm = card(page).locator('.alarms li', { hasText: 'Too warm' });
  await alarm.waitFor(patience);
  await alarm.getByText(`cold-1 · ${SENSOR}`).waitFor();
  await alarm.getByText(/^at most \d/).waitFor();
  await alarm.getByText('nobody there has seen it yet').waitFor();
  await looked(page, 'ops-alarms-desk-en');

  // The city's page says that something stands there, and leads to it.
  await page.locator('nav a[href="#/"]').click();
  const chip = page.getByRole('link', { name: /^■ \d+ alarms?$/ });
  await chip.waitFor();
  await looked(page, 'ops-alarms-city-desk-en');
  await chip.click();
  await alarm.waitFor();

  const phone = await desk('handheld', 'hi', 'links/s1');
  const there = card(phone.page).locator('.alarms li', { hasText: 'ज़्यादा गरम' });
  await there.getByText('वहाँ अभी किसी ने नहीं देखा').waitFor();
  await looked(phone.page, 'ops-alarms-handheld-hi');
  await hindi(phone.page, 'alarms');

  // Seen is not over.
  await seenThere();
  await alarm.getByText('seen there', { exact: true }).waitFor(patience);
  await there.getByText('वहाँ किसी ने देख लिया').waitFor(patience);
  await looked(phone.page, 'ops-alarms-seen-handheld-hi');

  probes.set(SENSOR, CALM);
  await card(page).getByText('✓ No alarm stands there').waitFor(patience);
  await card(phone.page).getByText('✓ वहाँ कोई चेतावनी नहीं').waitFor(patience);
  await looked(page, 'ops-alarms-over-desk-en');
  await page.locator('nav a[href="#/"]').click();
  await page.waitForSelector('.figures .asof');
  await chip.waitFor({ state: 'detached', timeout: 30_000 });
  expect([...errors, ...phone.errors]).toEqual([]);
  await Promise.all([page.context().close(), phone.page.context().close()]);
});

/** What the hub says, with another word of the first store. */
async function saying(page: Page, more: Partial<OpsSync['stores'][number]>): Promise<void> {
  const said = await sync();
  const stores = said.stores.map((store) => (store.store === 's1' ? { ...store, ...more } : store));
  await page.unrouteAll();
  await page.route('**/api/v1/ops/sync', (route) => route.fulfill({ json: { ...said, stores } }));
}

test.skipIf(process.env['LARDER_DEMO_STORE']).each([['desk', 'en'], ['handheld', 'hi']] as const)('what is older than now says so, and what is many fits (%s, %s)', async (size, lang) => {
  const words = {
    en: { then: 'No alarm stood there', age: 'as of 3 h ago', stood: '60 alarms stood there', more: 'and 16 more', unnamed: 'and 40 more that the store did not name', unheard: 'no word of its alarms yet' },
    hi: { then: 'तब वहाँ कोई चेतावनी नहीं थी', age: '3 घंटे पहले तक की जानकारी', stood: 'तब वहाँ 60 चेतावनियाँ चालू थीं', more: 'और 16', unnamed: 'और 40, जिनके नाम स्टोर ने नहीं बताए', unheard: 'इसकी चेतावनियों की ख़बर अभी नहीं आई' },
  }[lang];
  const { page, errors } = await desk(size, lang, 'links/s1');
  await card(page).waitFor();
  const as_of = Date.now() - 3 * 3_600_000 - 60_000;
  await saying(page, { online: false, alarms: { as_of, standing: 0, alarms: [] } });
  await card(page).getByText(words.then).waitFor();
  await card(page).getByText(words.age).waitFor();

  const alarms = Array.from({ length: 20 }, (_, n) => ({ id: `a${n}`, kind: n % 2 ? 'device_down' : 'sensor_silent', zone: n % 2 ? null : 'cold-1', device: n % 2 ? 'label-1' : SENSOR, began: as_of - n * 60_000, seen: n > 2, detail: n % 2 ? 'says="paper is out"' : '' }));
  await saying(page, { online: false, alarms: { as_of, standing: 60, alarms } });
  const stood = card(page).locator('.alarms');
  await stood.getByRole('heading', { name: words.stood }).waitFor();
  await stood.getByText(words.age).waitFor();
  await stood.getByText(words.unnamed).waitFor();
  await looked(page, `ops-alarms-many-${size}-${lang}`);
  await stood.getByText(words.more, { exact: true }).click();
  await expect.poll(() => stood.locator('li:visible').count()).toBe(20);
  await looked(page, `ops-alarms-all-${size}-${lang}`);
  if (lang === 'hi') await hindi(page, 'many');

  await saying(page, { alarms: null });
  await card(page).getByText(words.unheard).waitFor();
  await looked(page, `ops-alarms-unheard-${size}-${lang}`);
  expect(errors).toEqual([]);
  await page.context().close();
});
