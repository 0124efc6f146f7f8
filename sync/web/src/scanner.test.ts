// The wedge scanner: whole bursts, stalled bursts, bursts over a focused button, double deliveries, broken ends.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Scanner, type Scan } from './scanner.ts';

let scans: Scan[];
let broken: [string, string][];
let scanner: Scanner;
let swallowed: string[];

beforeEach(() => {
  vi.useFakeTimers();
  scans = [];
  broken = [];
  swallowed = [];
  scanner = new Scanner({ onScan: (s) => scans.push(s), onBroken: (t, w) => broken.push([t, w]) }, () => Date.now());
});
afterEach(() => vi.useRealTimers());

function press(key: string, more: Record<string, unknown> = {}): void {
  scanner.key({
    key, type: 'keydown', ctrlKey: false, altKey: false, metaKey: false, isComposing: false, target: null,
    preventDefault: () => swallowed.push(key), stopImmediatePropagation: () => undefined, ...more,
  });
}
const burst = (text: string, end = 'Enter') => [...text, end].forEach((key) => press(key));

test('a burst with Enter is one scan, and its Enter presses nothing', () => {
  burst('9521234500018');
  expect(scans).toEqual([{ text: '9521234500018', aim: null }]);
  expect(swallowed).toHaveLength(14);
});

test('a burst stalled for 150 ms at every place is not lost', () => {
  const text = '9521234500018';
  for (let at = 1; at < text.length; at += 1) {
    scans = [];
    [...text.slice(0, at)].forEach((k) => press(k));
    vi.advanceTimersByTime(150);
    [...text.slice(at), 'Enter'].forEach((k) => press(k));
    vi.advanceTimersByTime(1000);
    expect(scans).toEqual([{ text, aim: null }]);
  }
});

test('a wrong check digit and a burst that never ends are said, not swallowed', () => {
  burst('9521234500019');
  [...'LL:'].forEach((k) => press(k));
  vi.advanceTimersByTime(2000);
  expect(scans).toEqual([]);
  expect(broken).toEqual([['9521234500019', 'check_digit'], ['LL:', 'unfinished']]);
});

test('a scanner without Enter is understood by the check digit once it is quiet', () => {
  [...'9521234500018'].forEach((k) => press(k));
  vi.advanceTimersByTime(1600);
  expect(scans.map((s) => s.text)).toEqual(['9521234500018']);
});

test('the AIM id is taken off and GS survives', () => {
  [...']d201095212345000', '1', '8', '10AB'].flatMap((k) => [...k]).forEach((k) => press(k));
  press(']', { ctrlKey: true });
  [...'17261124'].forEach((k) => press(k));
  press('Tab');
  expect(scans).toEqual([{ text: '010952123450001810AB\u001d17261124', aim: ']d2' }]);
});

test('the same text at once is a double delivery; a moment later it is a second piece', () => {
  burst('9521234500018');
  burst('9521234500018');
  vi.advanceTimersByTime(400);
  burst('9521234500018');
  expect(scans).toHaveLength(2);
});

test('keys of a person reach the page: Enter and Space without a burst, and everything in a text field', () => {
  press('Enter');
  press(' ');
  press('Tab');
  press('9', { target: { tagName: 'INPUT' } });
  expect(swallowed).toEqual([]);
});

test('a sign of the page is the page’s only while no burst runs', () => {
  scanner = new Scanner({ onScan: (s) => scans.push(s), pass: '/' }, () => Date.now());
  press('/');
  expect(swallowed).toEqual([]);
  burst('https://id.example/01/09521234500018');
  expect(scans.map((s) => s.text)).toEqual(['https://id.example/01/09521234500018']);
});

test('two scans in a row without a pause are two scans, and a prefix frames anew', () => {
  scanner = new Scanner({ onScan: (s) => scans.push(s), onBroken: (t, w) => broken.push([t, w]), prefix: '~' }, () => Date.now());
  burst('~9521234500018');
  [...'952123'].forEach((k) => press(k));
  burst('~96385074');
  expect(scans.map((s) => s.text)).toEqual(['9521234500018', '96385074']);
  expect(broken).toEqual([['952123', 'unfinished']]);
});
