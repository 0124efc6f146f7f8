// The packing station: who scans at a fixed scanner hears it on the own handheld, right or wrong, in the own language; and a
// handheld whose battery runs low says so, on its screen and on the console.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { newId } from '@larder/shared/id.ts';
import type { Ack } from '@larder/shared/types/mqtt.ts';
import type { DeviceRow } from '@larder/shared/types/store.ts';
import { browser, errorsOf, person, shot, violations } from './browser.ts';
import { english } from './english.ts';
import { pickByHand } from './hand.ts';
import { label, MANAGER, PICKERS, pickedOf, shelf, signIn, Staff } from './store.ts';

const { store, data } = inject('demo');
const SCANNER = 'scan-pack';
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

/** Says what the store's device agent would say of a scan, over the agent's own rights; gives the store's answer. */
async function fixedScan(): Promise<{ scan: (text: string) => Promise<Ack>; close: () => Promise<void> }> {
  const password = readFileSync(join(data, 's1', 'agent.secret'), 'utf8').trim();
  const { ws_port, store: id } = await manager.config();
  const topic = (leaf: string) => `ds/v1/${id}/scanner/${SCANNER}/${leaf}`;
  const client = await mqtt.connectAsync(`ws://127.0.0.1:${ws_port}/mqtt`, { clientId: `walk-${process.pid}`, username: 'agent', password, clean: true });
  const answers = new Map<string, (ack: Ack) => void>();
  client.on('message', (_from, payload) => {
    const ack = JSON.parse(payload.toString()) as Ack;
    answers.get(ack.id)?.(ack);
  });
  await client.subscribeAsync(topic('ack'), { qos: 1 });
  let seq = 0;
  const session = Date.now();
  const scan = async (text: string) => {
    const event = { id: newId(), at: Date.now(), session, seq: (seq += 1), body: { type: 'scan', text, aim: null } };
    const answer = new Promise<Ack>((done) => answers.set(event.id, done));
    await client.publishAsync(topic('event'), JSON.stringify(event), { qos: 1 });
    return answer;
  };
  return { scan, close: () => client.endAsync() };
}

test.skipIf(data === '').each([['en', PICKERS[1]], ['hi', PICKERS[2]]] as const)('in %s a fixed scanner is heard on its person’s handheld, and a low battery is said', { timeout: 120_000 }, async (lang, who) => {
  const { order } = await manager.counterOrder([1, 1]);
  const { token, device } = await manager.enrol(`station-${who.id}-${process.pid}`);
  const context = await person(chrome, 'handheld', lang);
  await context.addInitScript(() => {
    const battery = Object.assign(new EventTarget(), { level: 0.12, charging: false });
    Object.defineProperty(navigator, 'getBattery', { value: () => Promise.resolve(battery) });
  });
  const page = await context.newPage();
  const errors = errorsOf(page);
  const clean = async (name: string, names: readonly string[]) => {
    await page.waitForTimeout(200);
    await shot(page, `${name}-${lang}`);
    expect(await violations(page), name).toEqual([]);
    if (lang === 'hi') expect(await english(page, names), name).toEqual([]);
  };
  await page.goto(`${store}/picker/#device=${device}&token=${token}`);
  await page.getByRole('button', { name: who.name, exact: true }).click();
  await page.waitForSelector('[data-link=online]');
  for (const digit of who.pin) await page.locator('.pad').getByRole('button', { name: digit, exact: true }).click();
  await page.locator('.pad .go').click();
  await page.waitForSelector('.bin');
  const lines = await shelf(page);
  const names = ['Larder', who.name, ...lines.map((line) => line.name)];
  await page.getByText('12 %').waitFor();
  await clean('picker-battery', names);
  await expect.poll(async () => (await manager.api.get<DeviceRow[]>('/api/v1/devices')).find((row) => row.device === device)).toMatchObject({ health: 'warn', battery_pct: 12 });

  const station = await fixedScan();
  expect((await station.scan(`LP:${who.id}`)).outcome.type).toBe('applied');
  await page.waitForSelector('[data-flash=right]', { timeout: 3000 });
  await page.waitForSelector('[data-flash]', { state: 'detached' });
  expect((await station.scan('9529999999993')).outcome.type).toBe('refused');
  await page.waitForSelector('[data-flash=wrong]', { timeout: 3000 });
  await clean('picker-station-wrong', names);
  expect(pickedOf(await manager.order(order))).toBe(0);
  expect((await station.scan(label(lines[0]!))).outcome.type).toBe('applied');
  await page.waitForSelector('[data-flash=right]', { timeout: 3000 });
  expect(pickedOf(await manager.order(order))).toBe(1);
  await station.close();

  const desk = await person(chrome, 'desk', lang);
  const console_ = await desk.newPage();
  await signIn(console_, store);
  await console_.goto(`${store}/#/devices`);
  await console_.locator('.need', { hasText: device }).getByText(lang === 'en' ? 'battery 12 %' : 'बैटरी 12 %').waitFor();
  await shot(console_, `console-battery-desk-${lang}`);
  expect(await violations(console_)).toEqual([]);
  expect(errors).toEqual([]);
  await desk.close();
  await context.close();
});
