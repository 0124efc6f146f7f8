// The console's arithmetic: the promise meter, columns, and a chart that never draws over a gap.
import { expect, test } from 'vitest';
import type { SensorChart } from '@larder/shared/types/store.ts';
import { MORE } from '../problems.ts';
import { TEXTS } from '../texts.ts';
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

test('both languages have every text with the same variables', () => {
  const names = (text: string) => [...text.matchAll(/\{(\w+)/g)].map((m) => m[1]).sort();
  for (const key of Object.keys(TEXTS.en) as (keyof typeof TEXTS.en)[]) expect(names(TEXTS.hi[key]), key).toEqual(names(TEXTS.en[key]));
});

test('both languages know the same problems', () => {
  expect(Object.keys(MORE.hi)).toEqual(Object.keys(MORE.en));
});
