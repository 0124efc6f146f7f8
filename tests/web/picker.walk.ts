// The picker's handheld against a real store: the whole job by wedge scanner, everything that can be wrong once, and the
// cuts: the cable in the middle of a pick, a reload without a network. What the hands did is compared with the store.

import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ONCE, browser, errorsOf, person, shot, violations, wedge } from './browser.ts';
import { english } from './english.ts';
import { pickByHand } from './hand.ts';
import { Line } from './proxy.ts';
import type { CounterOrderAnswer, ReceiveAnswer, StockDetail, StockPage } from '@larder/shared/types/store.ts';
import { label, MANAGER, PICKERS, pickedOf, scansOf, shelf, Staff, type Person } from './store.ts';

const { store } = inject('demo');
let chrome: Browser;
let manager: Staff;
let http: Line;
let ws: Line;
let device = 0;

beforeAll(async () => {
  chrome = await browser();
  manager = await Staff.login(store, MANAGER);
  http = await Line.to(Number(new URL(store).port));
  ws = await Line.to((await manager.config()).ws_port);
});
// What another walk has left is put out of the way: the first order that comes is the walk's own.
beforeEach(async () => {
  ws.mend();
  http.mend();
  for (const picker of PICKERS) await pickByHand(manager, picker);
});
afterAll(async () => {
  http?.close();
  ws?.close();
  await chrome?.close();
});

/** Enrols a new handheld and opens it over lines that can be cut. */
async function handheld(lang: 'en' | 'hi'): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
  device += 1;
  const { token, device: name } = await manager.enrol(`walk-${lang}-${device}-${process.pid}`);
  const context = await person(chrome, 'handheld', lang);
  const page = await context.newPage();
  const errors = errorsOf(page);
  await page.route('**/api/v1/handheld/config', async (route) => {
    const answer = await route.fetch().catch(() => null);
    if (!answer) return route.abort();
    return route.fulfill({ json: { ...(await answer.json()), ws_port: ws.port } });
  });
  await page.goto(`http://127.0.0.1:${http.port}/picker/#device=${name}&token=${token}`);
  return { context, page, errors };
}

async function login(page: Page, who: Person): Promise<void> {
  await page.getByRole('button', { name: who.name, exact: true }).click();
  await page.waitForSelector('[data-link=online]');
  for (const digit of who.pin) await page.locator('.pad').getByRole('button', { name: digit, exact: true }).click();
  await page.locator('.pad .go').click();
  await page.waitForSelector('.pad', { state: 'detached' });
}

/** Scans one piece of the line on the screen and waits until the screen has said "right". */
async function piece(page: Page, text: string, stall = 0): Promise<void> {
  await wedge(page, text, stall);
  await page.waitForSelector('[data-flash=right]', { timeout: 3000 });
  await page.waitForSelector('[data-flash]', { state: 'detached' });
}

/** The store's word, once it has one. */
async function eventually<T>(look: () => Promise<T>, right: (value: T) => boolean, what: string): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const value = await look();
    if (right(value)) return value;
    if (Date.now() > end) throw new Error(`${what}: ${JSON.stringify(value).slice(0, 600)}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

const waiting = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((done) => {
        const open = indexedDB.open('larder-outbox');
        open.onsuccess = () => {
          const count = open.result.transaction('events').objectStore('events').count();
          count.onsuccess = () => {
            open.result.close();
            done(count.result);
          };
        };
      }),
  );

/** Runs in the page: milliseconds from the burst's Enter until the red screen is in the document. */
function screenAfter(text: string): Promise<number> {
  return new Promise((done) => {
    let begin = 0;
    const observer = new MutationObserver(() => {
      if (!document.querySelector('[data-flash=wrong]')) return;
      observer.disconnect();
      done(performance.now() - begin);
    });
    observer.observe(document.body, { childList: true, subtree: true });
    for (const key of [...text, 'Enter']) {
      begin = performance.now();
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    }
  });
}

test.each(['en', 'hi'] as const)('a whole job in %s: wrong, right, stalled, undo, not found, pack', async (lang) => {
  const { context, page, errors } = await handheld(lang);
  const clean = async (name: string) => {
    await page.waitForTimeout(120);
    await shot(page, `picker-${name}-${lang}`);
    expect(await violations(page), name).toEqual([]);
    if (lang === 'hi') expect(await english(page), name).toEqual([]);
  };
  await page.waitForSelector('.people li');
  expect(page.url()).not.toContain('token');
  await clean('people');
  await page.getByRole('button', { name: PICKERS[0].name, exact: true }).click();
  await clean('pin');
  await page.reload();
  const { order } = await manager.counterOrder([2, 1, 1]);
  await login(page, PICKERS[0]);
  await page.waitForSelector('.bin');
  await clean('pick');

  const lines = await shelf(page);
  expect(lines).toHaveLength(3);
  const first = lines[0]!;
  // Wrong: a product of the demo prefix that no shelf has; on the screen within 50 ms, nothing counted.
  const took: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    took.push(await page.evaluate(screenAfter, '9529999999993'));
    await page.locator('.flash .key').click();
    // The same text at once would be the wedge's double delivery.
    await page.waitForTimeout(200);
  }
  expect(took.sort((a, b) => a - b)[2]!).toBeLessThan(50);
  await wedge(page, '9529999999993');
  await page.waitForSelector('[data-flash=wrong]');
  await clean('wrong');
  expect(pickedOf(await manager.order(order))).toBe(0);

  await piece(page, label(first), 150);
  if (first.qty > 1) expect(await page.locator('.qty').innerText()).toContain(`1/${first.qty}`);
  await page.getByRole('button', { name: lang === 'en' ? 'Undo' : 'वापस लें', exact: true }).click();
  await eventually(() => manager.order(order), (o) => o.history.some((row) => row.what === 'undo') && pickedOf(o) === 0, 'undo');
  for (let n = 0; n < first.qty; n += 1) await piece(page, label(first));
  const second = lines[1]!;
  for (let n = 0; n < second.qty; n += 1) await piece(page, label(second));
  // The last one is not on its shelf: taken back once, then meant.
  await page.locator('footer .stop').click();
  await clean('held');
  await page.locator('.held button').click();
  await page.locator('.held').waitFor({ state: 'detached' });
  await page.locator('footer .stop').click();
  await eventually(() => manager.order(order), (o) => o.history.some((row) => row.what === 'not_found'), 'not found');
  // The store sends another bin, or gives the line up.
  for (let tries = 0; tries < 20 && !(await page.locator('.pack').isVisible()); tries += 1) {
    await page.waitForTimeout(150);
    const open = (await shelf(page)).find((line) => line.picked + line.short < line.qty);
    if (open && (await page.locator('.bin').isVisible()) && open.bin !== lines[2]!.bin) await piece(page, label(open)).catch(() => undefined);
  }
  await page.waitForSelector('.pack');
  await clean('pack');
  await page.locator('.pack').click();
  const packed = await eventually(() => manager.order(order), (o) => o.card.moments.packed !== undefined, 'packed');
  expect(packed.bags.length).toBeGreaterThan(0);
  await page.waitForSelector('.calm');
  await clean('wait');
  expect(await waiting(page)).toBe(0);
  expect(errors).toEqual([]);
  await context.close();
});

test('a cut in the middle of a pick and a reload without a network lose nothing and double nothing', ONCE, async () => {
  const { context, page, errors } = await handheld('en');
  const { order } = await manager.counterOrder([3, 2, 2, 1]);
  await page.waitForSelector('.people li');
  await login(page, PICKERS[1]);
  await page.waitForSelector('.bin');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const pieces = (await shelf(page)).flatMap((line) => Array.from({ length: line.qty }, () => label(line)));
  expect(pieces).toHaveLength(8);

  await piece(page, pieces[0]!);
  ws.cut();
  http.cut();
  await page.waitForSelector('[data-link=offline]');
  await piece(page, pieces[1]!);
  await piece(page, pieces[2]!, 150);
  await page.waitForFunction(() => document.querySelector('.net')?.textContent?.includes('2'));
  await shot(page, 'picker-offline-en');
  expect(await violations(page)).toEqual([]);
  // The page goes away with the network still down: shell, view and scans are kept.
  await page.reload();
  await page.waitForSelector('.bin');
  expect(await waiting(page)).toBe(2);
  await page.waitForFunction(() => document.querySelector('.net')?.textContent?.includes('2'));
  await piece(page, pieces[3]!);
  expect(pickedOf(await manager.order(order))).toBe(1);
  // The line comes and goes while the rest is picked.
  for (const text of pieces.slice(4)) {
    ws.mend();
    http.mend();
    await page.waitForTimeout(30 + Math.random() * 400);
    ws.cut();
    await piece(page, text);
  }
  ws.mend();
  const done = await eventually(() => manager.order(order), (o) => pickedOf(o) === 8, 'all eight picks');
  expect(scansOf(done)).toBe(8);
  await page.waitForSelector('.pack');
  await eventually(() => waiting(page), (n) => n === 0, 'an empty outbox');
  await page.locator('.pack').click();
  await eventually(() => manager.order(order), (o) => o.card.moments.packed !== undefined, 'packed');
  expect(errors).toEqual([]);
  await context.close();
});

test('idle, it locks; a scan then counts nothing; the PIN opens it', async () => {
  const { context, page } = await handheld('en');
  const { order } = await manager.counterOrder([1]);
  await page.waitForSelector('.people li');
  await login(page, PICKERS[2]);
  await page.waitForSelector('.bin');
  const text = label((await shelf(page))[0]!);
  await page.locator('footer .key').nth(2).click();
  await page.waitForTimeout(150);
  await shot(page, 'picker-more-en');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Lock', exact: true }).click();
  await wedge(page, text);
  await page.waitForSelector('[data-flash=wrong]');
  expect(pickedOf(await manager.order(order))).toBe(0);
  await page.getByRole('button', { name: 'Go on' }).click();
  for (const digit of PICKERS[2].pin) await page.locator('.pad').getByRole('button', { name: digit, exact: true }).click();
  await page.locator('.pad .go').click();
  await page.waitForSelector('.bin');
  await piece(page, text);
  await page.waitForSelector('.pack');
  // Left lying for six minutes, it is locked when somebody takes it up again.
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        const open = indexedDB.open('larder-handheld');
        open.onsuccess = () => {
          const write = open.result.transaction('things', 'readwrite');
          write.objectStore('things').put(Date.now() - 6 * 60_000, 'touched');
          write.oncomplete = () => {
            open.result.close();
            done();
          };
        };
      }),
  );
  await page.reload();
  await page.waitForSelector('.pad');
  await page.waitForSelector('[data-link=online]');
  await shot(page, 'picker-locked-en');
  expect(await violations(page)).toEqual([]);
  for (const digit of PICKERS[2].pin) await page.locator('.pad').getByRole('button', { name: digit, exact: true }).click();
  await page.locator('.pad .go').click();
  await page.waitForSelector('.pack');
  await page.locator('.pack').click();
  await eventually(() => manager.order(order), (o) => o.card.moments.packed !== undefined, 'packed');
  await context.close();
});

test('where several lots lie in one bin the label proves the lot: the product code and the other lot count nothing', async () => {
  const rows = (await manager.api.get<StockPage>('/api/v1/stock?q=noodles')).rows;
  const row = rows.find((each) => each.free >= 2 && each.expiry !== null)!;
  const [first] = (await manager.api.get<StockDetail>(`/api/v1/stock/${row.sku}`)).lots;
  const later = new Date(Date.parse(row.expiry!) + 30 * 86_400_000).toISOString().slice(0, 10);
  const fresh = await manager.api.post<ReceiveAnswer>('/api/v1/receive', { sku: row.sku, qty: 6, batch: 'WALK', expiry: later, mrp: 10_000, bin: first!.bin });
  const { order } = await manager.api.post<CounterOrderAnswer>('/api/v1/counter-orders', { lines: [{ sku: row.sku, qty: 2 }], first_name: '' });
  const { context, page } = await handheld('en');
  await page.waitForSelector('.people li');
  await login(page, PICKERS[0]);
  await page.waitForSelector('.bin');
  const [line] = await shelf(page);
  expect(line!.lot).toMatchObject({ lot: first!.lot, scan_label: true });
  await shot(page, 'picker-lot-en');
  expect(await violations(page)).toEqual([]);
  for (const wrong of [line!.gtins[0]!, `LL:${fresh.lot}`]) {
    await wedge(page, wrong);
    await page.waitForSelector('[data-flash=wrong]');
    await page.waitForTimeout(400);
    expect(await page.locator('[data-flash=wrong]').count()).toBe(1);
    await shot(page, `picker-lot-wrong-${wrong.startsWith('LL:') ? 'lot' : 'product'}-en`);
    expect(await violations(page)).toEqual([]);
    expect(pickedOf(await manager.order(order))).toBe(0);
    await page.locator('.flash .key').click();
  }
  for (let n = 0; n < 2; n += 1) await piece(page, `LL:${line!.lot.lot}`);
  await eventually(() => manager.order(order), (o) => pickedOf(o) === 2, 'two picks of the right lot');
  await page.locator('.pack').click();
  await eventually(() => manager.order(order), (o) => o.card.moments.packed !== undefined, 'packed');
  await context.close();
});

test('forty random cuts while the hands go on, with reloads: every piece is counted exactly once', ONCE, async () => {
  const { context, page } = await handheld('en');
  const { order } = await manager.counterOrder([4, 4, 4, 4, 4]);
  await page.waitForSelector('.people li');
  await login(page, PICKERS[2]);
  await page.waitForSelector('.bin');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const pieces = (await shelf(page)).flatMap((line) => Array.from({ length: line.qty }, () => label(line)));
  let seed = 20_261_121;
  const random = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  let cuts = 0;
  let end = false;
  const cutter = (async () => {
    while (!end || cuts < 40) {
      ws.cut();
      if (random() < 0.5) http.cut();
      cuts += 1;
      await new Promise((done) => setTimeout(done, 20 + random() * 300));
      ws.mend();
      http.mend();
      await new Promise((done) => setTimeout(done, random() * 900));
    }
  })();
  for (const [n, text] of pieces.entries()) {
    await piece(page, text, random() < 0.3 ? 150 : 0);
    if (n === 6 || n === 13) {
      await page.reload();
      await page.waitForSelector('.bin');
    }
  }
  end = true;
  await cutter;
  const done = await eventually(() => manager.order(order), (o) => pickedOf(o) === pieces.length, 'every piece');
  expect(scansOf(done)).toBe(pieces.length);
  await eventually(() => waiting(page), (n) => n === 0, 'an empty outbox');
  await page.locator('.pack').click();
  await eventually(() => manager.order(order), (o) => o.card.moments.packed !== undefined, 'packed');
  await context.close();
});
