// The picker's arithmetic: what a scan is guessed to be, and that view + unacknowledged events never count a wrong
// product, never count twice, and always end at the store's word.
import { expect, test } from 'vitest';
import type { Action, Ack, HandheldEvent, HandheldView, PickLine } from '@larder/shared/types/mqtt.ts';
import { enrolment, state } from '../device.ts';
import { TEXTS } from '../texts.ts';
import { predict } from './predict.ts';
import { EMPTY, project, withAck, withEvent, withView, type Model } from './progress.ts';

const TODAY = '2026-11-21';
const MILK = '9521234500018';
const BREAD = '96385074';

function line(n: number, gtin: string, qty: number, more: Partial<PickLine> = {}): PickLine {
  return {
    line: n, sku: `S${n}`, name: `Item ${n}`, name_hi: '', bin: `B-0${n}-1`, zone: 'B', alternatives: [], qty, picked: 0, short: 0,
    gtins: [gtin], lot: { lot: `L-${n}`, expiry: null, scan_label: false }, cold: false, fragile: false, heavy: false, bag: 1, ...more,
  };
}
function view(version: number, lines: PickLine[]): HandheldView {
  const task = { order: 'o1', number: '4K7', promise_at: 0, pick_by: 0, lines, bags: 1, substitute: null };
  return { version, at: version, person: 'p1', person_name: 'Asha', task, waiting: 0, newest_at: null, notices: [] };
}
let count = 0;
function event(action: Action): HandheldEvent {
  count += 1;
  return { id: `e${count}`, at: 0, person: 'p1', action };
}
const scan = (text: string, n: number) => event({ type: 'scan', order: 'o1', text, line: n });
const applied = (e: HandheldEvent): Ack => ({ id: e.id, outcome: { type: 'applied' } });
const refused = (e: HandheldEvent): Ack => ({
  id: e.id, outcome: { type: 'refused', problem: { code: 'wrong_item', status: 409, title: '', detail: '', hint: '' } },
});
const start = (): Model => withView(EMPTY, view(1, [line(0, MILK, 2), line(1, BREAD, 1)]), TODAY);
const picked = (model: Model) => project(model, TODAY)!.task.lines.map((l) => l.picked);

test('guesses name what is wrong', () => {
  const lines = [line(0, MILK, 1), line(1, BREAD, 1, { picked: 1 }), line(2, '9521234500025', 1, { lot: { lot: 'L-9', expiry: null, scan_label: true } })];
  expect(predict(lines, MILK, 0, TODAY)).toEqual({ kind: 'right', line: 0 });
  expect(predict(lines, BREAD, 0, TODAY)).toMatchObject({ kind: 'wrong', why: 'over_pick' });
  expect(predict(lines, '9521234500032', 0, TODAY)).toMatchObject({ kind: 'wrong', why: 'wrong_item' });
  expect(predict(lines, '9521234500019', 0, TODAY)).toMatchObject({ kind: 'wrong', why: 'misread' });
  expect(predict(lines, `01${MILK.padStart(14, '0')}17261101`, 0, TODAY)).toMatchObject({ kind: 'wrong', why: 'expired_lot' });
  expect(predict(lines, '9521234500025', 2, TODAY)).toMatchObject({ kind: 'wrong', why: 'scan_label' });
  expect(predict(lines, 'LL:L-9', 2, TODAY)).toEqual({ kind: 'right', line: 2 });
  expect(predict(lines, 'LL:L-8', 2, TODAY)).toMatchObject({ kind: 'wrong', why: 'wrong_lot' });
  expect(predict(lines, 'LB:4K7-1', 0, TODAY)).toMatchObject({ kind: 'wrong', why: 'unknown_code' });
  expect(predict(lines, 'what?', 0, TODAY)).toEqual({ kind: 'ask' });
});

test('a wrong product never changes a quantity, a right one advances', () => {
  let model = withEvent(start(), scan('9521234500032', 0));
  expect(picked(model)).toEqual([0, 0]);
  model = withEvent(withEvent(model, scan(MILK, 0)), scan(MILK, 0));
  expect(picked(model)).toEqual([2, 0]);
  expect(project(model, TODAY)!.current!.line).toBe(1);
  expect(picked(withEvent(model, scan(MILK, 0)))).toEqual([2, 0]);
});

test('ack before view and view before ack both count exactly once, at every moment', () => {
  const e = scan(MILK, 0);
  const fresh = view(2, [line(0, MILK, 2, { picked: 1 }), line(1, BREAD, 1)]);
  let model = withEvent(start(), e);
  model = withAck(model, applied(e));
  expect(picked(model)).toEqual([1, 0]);
  model = withView(model, fresh, TODAY);
  expect(picked(model)).toEqual([1, 0]);

  model = withEvent(start(), e);
  model = withView(model, fresh, TODAY);
  expect(picked(model)).toEqual([1, 0]);
  model = withAck(model, applied(e));
  expect(picked(model)).toEqual([1, 0]);
  expect(model.pending).toEqual([]);
});

test('a refusal takes the assumption back', () => {
  const e = scan(MILK, 0);
  expect(picked(withAck(withEvent(start(), e), refused(e)))).toEqual([0, 0]);
});

test('an unrelated newer view does not swallow a pick that is still on its way', () => {
  const model = withView(withEvent(start(), scan(MILK, 0)), view(2, [line(0, MILK, 2), line(1, BREAD, 1)]), TODAY);
  expect(picked(model)).toEqual([1, 0]);
});

test('a view that was read before the commit and crosses the ack takes nothing back', () => {
  const first = scan(MILK, 0);
  const second = scan(MILK, 0);
  let model = withAck(withEvent(start(), first), applied(first));
  model = withEvent(model, second);
  model = withView(model, view(2, [line(0, MILK, 2), line(1, BREAD, 1)]), TODAY);
  expect(picked(model)).toEqual([2, 0]);
  model = withView(model, view(3, [line(0, MILK, 2, { picked: 1 }), line(1, BREAD, 1)]), TODAY);
  expect(picked(model)).toEqual([2, 0]);
  model = withAck(model, applied(second));
  model = withView(model, view(4, [line(0, MILK, 2, { picked: 2 }), line(1, BREAD, 1)]), TODAY);
  expect(picked(model)).toEqual([2, 0]);
  expect(model.pending).toEqual([]);
});

test('undo takes back the last pick, also one that a view already shows', () => {
  const e = scan(MILK, 0);
  let model = withAck(withEvent(start(), e), applied(e));
  model = withView(model, view(2, [line(0, MILK, 2, { picked: 1 }), line(1, BREAD, 1)]), TODAY);
  model = withEvent(model, event({ type: 'undo', order: 'o1' }));
  expect(picked(model)).toEqual([0, 0]);
});

test('not found closes the line here, and the store may send an alternative bin instead', () => {
  const e = event({ type: 'not_found', order: 'o1', line: 0 });
  let model = withEvent(start(), e);
  expect(project(model, TODAY)!.current!.line).toBe(1);
  model = withView(model, view(2, [line(0, MILK, 2, { bin: 'OV-2' }), line(1, BREAD, 1)]), TODAY);
  expect(project(model, TODAY)!.current!.bin).toBe('OV-2');
});

test('old views and events of another order change nothing', () => {
  const model = withView(start(), view(1, [line(0, MILK, 2, { picked: 2 })]), TODAY);
  expect(picked(model)).toEqual([0, 0]);
  const other = withEvent(model, event({ type: 'scan', order: 'o2', text: MILK, line: 0 }));
  expect(picked(other)).toEqual([0, 0]);
});

test('a random day ends at the store’s word and never shows more than was scanned rightly', () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
  for (let round = 0; round < 200; round += 1) {
    let model = start();
    const store = [0, 0];
    let version = 1;
    const wire: HandheldEvent[] = [];
    const acks: Ack[] = [];
    for (let step = 0; step < 40; step += 1) {
      const dice = random(4);
      if (dice === 0) {
        const e = scan([MILK, BREAD, '9521234500032'][random(3)]!, 0);
        wire.push(e);
        model = withEvent(model, e);
      } else if (dice === 1 && wire.length > 0 && acks.length === 0) {
        const e = wire.shift()!;
        const guess = e.action.type === 'scan' ? predict([line(0, MILK, 2, { picked: store[0]! }), line(1, BREAD, 1, { picked: store[1]! })], e.action.text, 0, TODAY) : null;
        if (guess?.kind === 'right') {
          store[guess.line]! += 1;
          version += 1;
        }
        acks.push(guess?.kind === 'right' ? applied(e) : refused(e));
      } else if (dice === 2 && acks.length > 0) model = withAck(model, acks.shift()!);
      else model = withView(model, view(version, [line(0, MILK, 2, { picked: store[0]! }), line(1, BREAD, 1, { picked: store[1]! })]), TODAY);
      const [milk, bread] = picked(model);
      expect(milk).toBeLessThanOrEqual(2);
      expect(bread).toBeLessThanOrEqual(1);
      expect(milk).toBeGreaterThanOrEqual(Math.min(store[0]!, milk!));
    }
    for (const ack of acks.splice(0)) model = withAck(model, ack);
    if (wire.length === 0) {
      model = withView(model, view(version + 1, [line(0, MILK, 2, { picked: store[0]! }), line(1, BREAD, 1, { picked: store[1]! })]), TODAY);
      expect(picked(model)).toEqual(store);
    }
  }
});

test('enrolment takes device and token from the fragment once and leaves no trace of it', () => {
  const left: string[] = [];
  const history = { replaceState: (_: unknown, __: string, url: string) => left.push(url) } as unknown as History;
  const at = (hash: string) => ({ hash, pathname: '/picker/', search: '' }) as Location;
  expect(enrolment(at('#device=hh-7&token=a%2Bb'), history)).toEqual({ device: 'hh-7', token: 'a+b' });
  expect(left).toEqual(['/picker/']);
  expect(enrolment(at('#device=hh-7'), history)).toBe(null);
  expect(left).toHaveLength(1);
});

test('a low battery is a warning that says what to do', () => {
  expect(state(1, 2, 'ok', 14, 0)).toMatchObject({ health: 'warn', battery_pct: 14, hint: expect.stringContaining('charger') });
  expect(state(1, 2, 'lost', 14, 0).health).toBe('lost');
  expect(state(1, 2, 'ok', null, 3)).toMatchObject({ health: 'ok', detail: '', queued: 3 });
});

test('both languages have every text with the same variables', () => {
  const names = (text: string) => [...text.matchAll(/\{(\w+)/g)].map((m) => m[1]).sort();
  for (const key of Object.keys(TEXTS.en) as (keyof typeof TEXTS.en)[]) expect(names(TEXTS.hi[key]), key).toEqual(names(TEXTS.en[key]));
});
