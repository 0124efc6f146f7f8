// Geometry of a temperature chart: scales, lines that stop at a gap, the gaps themselves. Pure; no SVG, no colours.

import type { ReadingRow, SensorChart } from '@larder/shared/types/store.ts';

export type Gap = { x: number; width: number };
export type Drawing = {
  lines: string[];
  gaps: Gap[];
  /** Parts of a line outside the band. */
  outside: string[];
  band: { y: number; height: number };
  ticks: { y: number; milli: number }[];
  hours: { x: number; at: number }[];
  last: { x: number; y: number } | null;
};

const HOUR = 3_600_000;

/** Lays a chart out in a box of `width` x `height` px that shows `from` to `to` (ms). */
export function draw(chart: SensorChart, from: number, to: number, width: number, height: number): Drawing {
  const values = chart.points.flatMap((p) => (p.milli_c === null ? [] : [p.milli_c]));
  const span = Math.max(chart.high_milli_c - chart.low_milli_c, 1000);
  const top = Math.max(chart.high_milli_c + span * 0.25, ...values) + span * 0.06;
  const bottom = Math.min(chart.low_milli_c - span * 0.25, ...values) - span * 0.06;
  const x = (at: number) => Math.round(((at - from) / Math.max(1, to - from)) * width * 10) / 10;
  const y = (milli: number) => Math.round(((top - milli) / (top - bottom)) * height * 10) / 10;
  const point = (p: ReadingRow) => `${x(p.at)},${y(p.milli_c!)}`;
  const inside = chart.points.filter((p) => p.at >= from && p.at <= to);
  const runs = split(inside, (p) => p.milli_c !== null);
  const out = split(inside, (p) => p.milli_c !== null && (p.milli_c > chart.high_milli_c || p.milli_c < chart.low_milli_c));
  const last = inside.findLast((p) => p.milli_c !== null);
  return {
    lines: runs.map((run) => run.map(point).join(' ')),
    outside: out.map((run) => run.map(point).join(' ')),
    gaps: gaps(inside).map(([a, b]) => ({ x: x(a), width: Math.max(3, x(b) - x(a)) })),
    band: { y: y(chart.high_milli_c), height: y(chart.low_milli_c) - y(chart.high_milli_c) },
    ticks: [chart.high_milli_c, chart.low_milli_c].map((milli) => ({ y: y(milli), milli })),
    hours: hours(from, to).map((at) => ({ x: x(at), at })),
    last: last ? { x: x(last.at), y: y(last.milli_c!) } : null,
  };
}

/** Runs of neighbours that fulfil `keep`. */
function split(points: readonly ReadingRow[], keep: (p: ReadingRow) => boolean): ReadingRow[][] {
  const runs: ReadingRow[][] = [];
  let run: ReadingRow[] = [];
  for (const p of points) {
    if (keep(p)) run.push(p);
    else if (run.length > 0) {
      runs.push(run);
      run = [];
    }
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/** From the last value before a gap to the first after it. */
function gaps(points: readonly ReadingRow[]): [number, number][] {
  const found: [number, number][] = [];
  let last: number | null = null;
  let open: number | null = null;
  for (const p of points) {
    if (p.milli_c === null) open ??= last ?? p.at;
    else {
      if (open !== null) found.push([open, p.at]);
      open = null;
      last = p.at;
    }
  }
  const end = points.at(-1)?.at;
  if (open !== null && end !== undefined) found.push([open, end]);
  return found;
}

function hours(from: number, to: number): number[] {
  const step = to - from > 8 * HOUR ? 4 * HOUR : to - from > 3 * HOUR ? 2 * HOUR : HOUR;
  const marks: number[] = [];
  // Half-hour zones (India) put full local hours on a half UTC hour.
  const offset = new Date(from).getTimezoneOffset() * 60_000;
  for (let at = Math.ceil((from - offset) / step) * step + offset; at < to; at += step) marks.push(at);
  return marks;
}
