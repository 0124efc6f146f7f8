// The console's arithmetic: the promise meter, columns, and a chart that never draws over a gap.
import { readFileSync, readdirSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { ALARMS, alarmed } from '@larder/shared/alarms.ts';
import { PHRASES } from '@larder/shared/device-words.ts';
import { setLang } from '@larder/shared/i18n.svelte.ts';
import { PROBLEMS } from '@larder/shared/words.ts';
import type { DeviceRow, HistoryRow, SensorChart } from '@larder/shared/types/store.ts';
import { MORE } from '../problems.ts';
import { TEXTS } from '../texts.ts';
import { deviceSays, happened, printed, TOLD } from '../told.ts';
import { draw } from './chart.ts';
import { column, stages } from './promise.ts';

test('the stage that ate the promise is named, and a finished stage stands still', () => {
  const moments = { placed: 0, confirmed: 1000, accepted: 5000, picking: 90_000, packed: 205_000 };
  const [processing, pick, dispatch, ride] = stages(moments, 235_000);
  expect(processing).toMatchObject({ spent: 5000, state: 'done', over: false });
  expect(pick).toMatchObject({ spent: 200_000, state: 'done', over: true });
  expect(dispatch).toMatchObject({ spent: 30_000, state: 'running', over: false, near: false });
  expect(ride).toMatchObject({ state: 'todo', spent: 0 });
  expect(stages(moments, 255_000)[2]).toMatchObject({ near: true });
  expect(stages(moments, 999_000)[1]).toEqual(pick);
});

test('a counter order is taken where it is packed: its meter has no ride', () => {
  expect(stages({ placed: 0, accepted: 0, packed: 9000 }, 20_000, 'counter')).toHaveLength(3);
});

test('moments that were learned late leave no stage running behind them', () => {
  expect(stages({ placed: 0, delivered: 9000 }, 20_000).map((s) => s.state)).toEqual(['done', 'done', 'done', 'done']);
});

test('only orders that are under way stand in a column', () => {
  expect(column('confirmed')).toBe('to_pick');
  expect(column('dispatched')).toBe('road');
  expect(column('cancelled')).toBe(null);
});

test('a gap is a gap, and what leaves the band is drawn again as outside', () => {
  const value = [3000, 3100, null, null, 3000, 6000, 6100, 3000];
  const chart: SensorChart = {
    sensor: 's', zone: 'z', low_milli_c: 0, high_milli_c: 5000, last: null,
    points: value.map((milli_c, i) => ({ at: i * 1000, milli_c, quality: milli_c === null ? 'silent' : 'good' })),
  };
  const drawing = draw(chart, 0, 7000, 700, 100);
  expect(drawing.lines).toHaveLength(2);
  expect(drawing.gaps).toEqual([{ x: 100, width: 300 }]);
  expect(drawing.outside).toHaveLength(1);
  expect(drawing.band.height).toBeGreaterThan(20);
});

afterEach(() => setLang('en'));

test.each([TEXTS, TOLD])('both languages have every text with the same variables', (texts) => {
  const names = (text: string) => [...text.matchAll(/\{(\w+)/g)].map((m) => m[1]).sort();
  const [en, hi] = [texts.en as Record<string, string>, texts.hi as Record<string, string>];
  for (const key of Object.keys(en)) expect(names(hi[key]!), key).toEqual(names(en[key]!));
});

test('both languages know the same problems', () => {
  expect(Object.keys(MORE.hi)).toEqual(Object.keys(MORE.en));
});

const rust = (path: string) => readFileSync(new URL(`../../../../../${path}`, import.meta.url), 'utf8');
const every = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((found) => found[1]!);

test('every refusal of the node has words in both languages', () => {
  const codes = every(rust('store-node/src/refusal/words.rs'), /row\(\s*"(\w+)"/g).filter((code) => code !== 'refused');
  expect(codes.length).toBeGreaterThan(25);
  for (const code of codes) expect({ ...PROBLEMS.hi, ...MORE.hi }[code], code).toBeDefined();
});

test('everything that happens to an order has a word in both languages, and its particulars a sentence', () => {
  const flows = readdirSync(new URL('../../../../src/flows', import.meta.url)).filter((file) => file.endsWith('.rs'));
  const told = flows.flatMap((file) => every(rust(`store-node/src/flows/${file}`), /moments::tell\(\s*flow,\s*&[\w.]+,\s*"(\w+)"/g));
  expect(told.length).toBeGreaterThan(10);
  for (const what of told) expect(Object.keys(TOLD.en), what).toContain(what);
  const words = [...told, ...every(rust('store-node/src/flows/moments.rs'), /Moment::\w+ => "(\w+)"/g), ...every(rust('store-node/src/flows/print.rs'), /"(label_\w+)"/g), ...every(rust('store-node/src/flows/substitute.rs'), /"(substitute_\w+)"/g)];
  for (const what of words) expect(Object.keys(TEXTS.hi), what).toContain(`w_${what}`);
});

test('what devices say is known in Hindi', () => {
  const words = ['device-drivers/src/printer/status.rs', 'device-drivers/src/agent/sensor.rs'].map((file) => rust(file).split('fn words')[1]!.split('\n}')[0]!);
  const phrases = every(words.join('').replaceAll('""', ''), /"([^"]+)"/g);
  expect(phrases.length).toBeGreaterThan(15);
  for (const phrase of phrases) expect(PHRASES[phrase] ?? '', phrase).not.toBe('');
});

test('every alarm of the node has a name in both languages', () => {
  const flows = readdirSync(new URL('../../../../src/flows', import.meta.url)).filter((file) => file.endsWith('.rs')).map((file) => rust(`store-node/src/flows/${file}`)).join('');
  // A kind stands where it is raised, in a constant, in the table of doors, or is the watch's word for what it saw.
  const constants = every(flows, /alarms::raise\(flow, \((\w+), /g).filter((name) => name === name.toUpperCase());
  const kinds = [
    ...every(flows, /alarms::raise\(flow, \("(\w+)", /g), ...every(flows, /\(\(?"(door_\w+|device_\w+)", /g), ...every(rust('store-node/core/src/cold.rs'), /=> (?:Some\()?"(\w+)"/g),
    ...constants.flatMap((name) => every(flows, new RegExp(`const ${name}: &str = "(\\w+)"`, 'g'))),
  ];
  for (const kind of ['too_warm', 'sensor_silent', 'door_ajar', 'device_lost', 'device_down', 'clock_wrong', 'disk_filling', 'store_fenced', 'emergency_selling', 'rights_overdrawn', 'old_generation_rights', 'unknown_order']) expect(kinds).toContain(kind);
  for (const kind of kinds) for (const lang of [ALARMS.en, ALARMS.hi]) expect(Object.keys(lang), kind).toContain(kind);
});

test('history, alarms, prints and devices are said in Hindi without an English word', () => {
  setLang('hi');
  const row = (what: string, detail: string) => happened({ at: 0, what, detail, person: '', device: '' } as HistoryRow);
  const alarm = alarmed({ kind: 'too_warm', detail: 'worst_milli_c=9100 units=12 lots=3' });
  const device = deviceSays({ health: 'down', detail: 'scanner-1 did not answer in time', hint: 'something new' } as DeviceRow);
  const all = [row('scan', 'line=1 sku=X-1 lot=L-2 bin=A-1'), row('label_printed', 'bag=1 of=2 number=4K7 printer=lp-1'), row('substitute_declined', 'line=1 name=X why=timeout'), row('short', 'line=1 qty=2 why=not_there'), row('short', 'line 1: 2 short, written before particulars had names'), alarm, printed('delivery=4K7'), device.detail, device.hint];
  for (const said of all) expect(said).not.toMatch(/[a-z]{3,} |[{}]/);
  expect(alarm).toBe('सबसे ज़्यादा 9.1 °C; 3 लॉट के 12 नग रोके गए');
  setLang('en');
  expect(row('label_printed', 'bag=1 of=2 number=4K7 printer=lp-1')).toBe('bag 1/2 of 4K7 · lp-1');
});
