// Small shared parts: languages have the same keys, plural forms, codes, the SSE cutter, HTTP retries with one key.
import { expect, test } from 'vitest';
import { Api, ApiError } from './api.ts';
import { checkDigitOk, readCode } from './barcode.ts';
import { fill, money, setLang } from './i18n.svelte.ts';
import { newId } from './id.ts';
import { SseParser } from './sse.ts';
import { age, clock } from './time.ts';
import { particulars, recount } from './particulars.ts';
import { COMMON, explain, PROBLEMS } from './words.ts';

test('both languages have every key and every variable', () => {
  for (const key of Object.keys(COMMON.en) as (keyof typeof COMMON.en)[]) {
    const names = (text: string) => [...text.matchAll(/\{(\w+)/g)].map((m) => m[1]).sort();
    expect(names(COMMON.hi[key]), key).toEqual(names(COMMON.en[key]));
  }
  expect(Object.keys(COMMON.hi).sort()).toEqual(Object.keys(COMMON.en).sort());
  expect(Object.keys(PROBLEMS.hi).sort()).toEqual(Object.keys(PROBLEMS.en).sort());
});

test('plural, number and money follow the language', () => {
  expect(fill('{n|# scan|# scans} kept', { n: 1 }, 'en')).toBe('1 scan kept');
  expect(fill('{n|# scan|# scans} kept', { n: 1234567 }, 'en')).toBe('12,34,567 scans kept');
  expect(money(123450, 'en')).toBe('₹1,234.50');
  expect(money(46200, 'hi')).toBe('₹462');
});

test('particulars are read as the nodes write them, and said in one language', () => {
  expect(particulars('')).toEqual({});
  expect(particulars('line=1 sku=MLK-1 name="Dal \\"1 kg\\"" why=""')).toEqual({ line: '1', sku: 'MLK-1', name: 'Dal "1 kg"', why: '' });
  expect(particulars('1: MLK-1 lot L7 from A-01')).toBeNull();
  const texts = { en: { scan: 'line {line}' }, hi: { scan: 'लाइन {line}' } };
  setLang('hi');
  expect(recount(texts, 'scan', 'line=2')).toBe('लाइन 2');
  expect(recount(texts, 'scan', 'an old English sentence')).toBe('');
  expect(recount(texts, 'other', 'a=1 b=2')).toBe('1 · 2');
  setLang('en');
  expect(recount(texts, 'scan', 'an old English sentence')).toBe('an old English sentence');
});

test('a problem is said in Hindi from its code and its vars, never in English', () => {
  const problem = { code: 'wrong_lot', status: 409, title: 'Wrong lot', detail: 'Scanned X; take lot L7 first.', hint: 'Take it.' };
  setLang('hi');
  expect(explain({ ...problem, vars: { wanted: 'L7' } }).detail).toBe('पहले लॉट L7 लें।');
  expect(explain(problem).detail).toBe('');
  expect(explain({ ...problem, code: 'unknown_bin', vars: { name: 'B-9' } }).detail).toBe('B-9');
  for (const said of Object.values(explain({ ...problem, code: 'odd_thing' }))) expect(said).not.toMatch(/[A-Za-z]+ [A-Za-z]+/);
  setLang('en');
  expect(explain(problem).detail).toBe('Scanned X; take lot L7 first.');
});

test('codes: check digits, GS1 strings, links, own labels', () => {
  expect(checkDigitOk('9521234500018')).toBe(true);
  expect(checkDigitOk('9521234500081')).toBe(false);
  expect(readCode('010952123450001817261100\u001d')).toMatchObject({ kind: 'gtin', gtin: '09521234500018', expiry: '2026-11-30' });
  expect(readCode('https://id.example/01/09521234500018/10/A1')).toMatchObject({ kind: 'gtin' });
  expect(readCode('LL:L-77')).toEqual({ kind: 'own', own: 'lot', code: 'L-77' });
  expect(readCode('9521234500019').kind).toBe('misread');
  expect(readCode('hello').kind).toBe('other');
});

test('ids are UUIDv7 and sort by time', () => {
  const early = newId(1_700_000_000_000);
  expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  expect(early < newId(1_700_000_000_001)).toBe(true);
});

test('server-sent events in pieces', () => {
  const got: string[] = [];
  const parser = new SseParser((name, data) => got.push(`${name}=${data}`));
  for (const piece of ['eve', 'nt: changed\nda', 'ta: {"what":"board"}\n', '\n: still here\n\ndata: a\ndata: b\n\n']) parser.push(piece);
  expect(got).toEqual(['changed={"what":"board"}', 'message=a\nb']);
});

test('a retried write carries the same key; a refusal is not retried', async () => {
  const keys: (string | null)[] = [];
  let answers = [new Error('down'), new Response('', { status: 503 }), new Response('{"order":"x"}')];
  const api = new Api({
    retries: [1, 1, 1],
    fetch: async (_url, init) => {
      keys.push(new Headers(init?.headers).get('idempotency-key'));
      const answer = answers.shift()!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  expect(await api.post('/x', {})).toEqual({ order: 'x' });
  expect(new Set(keys).size).toBe(1);
  answers = [new Response('{"code":"out_of_stock","title":"no","status":409}', { status: 409 })];
  await expect(api.post('/x', {})).rejects.toBeInstanceOf(ApiError);
  expect(answers).toHaveLength(0);
});

test('ages and clocks', () => {
  expect(clock(102_000)).toBe('1:42');
  expect(clock(-3_723_000)).toBe('1:02:03');
  expect(age(0, 14 * 60_000)).toEqual({ unit: 'min', n: 14 });
  expect(age(1000, 0).unit).toBe('live');
});
