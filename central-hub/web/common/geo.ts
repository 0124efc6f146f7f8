// Distances and colours that maps and lists share. Pure. It decides nothing: it words what the hub said.

import type { Point } from '@larder/shared/types/hub.ts';

/** Where a visitor without a place looks first: a door near the demo city's first store. */
export const CITY: Point = { lat: 12.9748, lon: 77.6381 };

/** Metres as the crow flies. */
export function metres(a: Point, b: Point): number {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  return Math.hypot(x, (b.lat - a.lat) * rad) * 6_371_000;
}

/** Length of a way in metres. */
export function wayLength(points: readonly Point[]): number {
  return points.reduce((sum, point, i) => (i === 0 ? 0 : sum + metres(points[i - 1]!, point)), 0);
}

/** Tenths of kilometres, or metres in steps of ten. */
export function distance(m: number): { n: number; unit: 'm' | 'km' } {
  return m < 950 ? { n: Math.round(m / 10) * 10, unit: 'm' } : { n: Math.round(m / 100) / 10, unit: 'km' };
}

/** A link that opens the phone's own navigation. */
export function geoLink(at: Point, label: string): string {
  return `geo:${at.lat},${at.lon}?q=${at.lat},${at.lon}(${encodeURIComponent(label)})`;
}
