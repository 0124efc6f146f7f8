// Maps without tiles: a quiet net for a ground, and on it only what matters now. Loaded lazily: Leaflet is here and
// nowhere else. Colours come from the theme by class, never from here.

import L from 'leaflet';
import 'leaflet/dist/leaflet.css';
import './map.css';
import type { Point } from '@larder/shared/types/hub.ts';

export type Pin = 'store' | 'door' | 'rider' | 'drop';
/** What lies over what. */
const Z: Record<Pin, number> = { drop: 0, rider: 400, door: 600, store: 800 };
const at = (point: Point): L.LatLngTuple => [point.lat, point.lon];

/** What stands on a pin: a house, a flag, a wheel; each has a shape of its own, since colour is never alone. */
const SHAPES: Record<Exclude<Pin, 'drop'>, string> = {
  store: '<path d="M4 10 12 4l8 6v9H4z"/><path d="M10 19v-5h4v5"/>',
  door: '<path d="M7 20V4h10v16M5 20h14M14 12h.01"/>',
  rider: '<circle cx="6.5" cy="16" r="3"/><circle cx="17.5" cy="16" r="3"/><path d="M6.5 16 10 9h4l3.5 7M10 9 8.6 6.5M12 16l2-7"/>',
};

/** The colour of a state that has none by its own name. */
const COLOURS: Record<string, string> = { old: '--ink-3', alarm: '--stop' };

export type Mark = {
  kind: Pin;
  point: Point;
  /** Named for people who do not see it. */
  label: string;
  /** `go`, `info`, `warn`, `stop`, `alarm`, `old`: the state's colour. */
  tone?: string;
  /** A short word on the pin. */
  text?: string;
  onOpen?: () => void;
  /** Lies over everything: what this map is about. */
  first?: boolean;
};

export class GroundMap {
  readonly map: L.Map;
  readonly #marks = new Map<string, { marker: L.Marker; html: string }>();
  readonly #ways = new Map<string, L.Polyline>();
  readonly #areas = new Map<string, L.Circle>();
  readonly #sizes: ResizeObserver;
  #moved = false;
  #ours = false;

  constructor(element: HTMLElement, centre: Point, zoom = 15) {
    this.map = L.map(element, {
      center: at(centre), zoom, minZoom: 12, maxZoom: 18, zoomSnap: 0.25, fadeAnimation: false, zoomAnimation: false, markerZoomAnimation: false,
      attributionControl: true, zoomControl: false, renderer: L.canvas({ padding: 0.4 }), scrollWheelZoom: false,
    });
    L.control.zoom({ position: 'topright' }).addTo(this.map);
    L.control.scale({ imperial: false, position: 'topleft' }).addTo(this.map);
    this.map.attributionControl.setPrefix(false);
    this.map.on('movestart zoomstart', () => (this.#moved ||= !this.#ours));
    this.#ground(centre);
    this.#sizes = new ResizeObserver(() => this.map.invalidateSize({ pan: false }));
    this.#sizes.observe(element);
  }

  /** Puts a mark, or moves the one of this name. */
  mark(name: string, mark: Mark | null): void {
    const old = this.#marks.get(name);
    if (!mark) {
      old?.marker.remove();
      this.#marks.delete(name);
      return;
    }
    const html = pinHtml(mark);
    if (old && old.html === html) {
      old.marker.setLatLng(at(mark.point));
      return;
    }
    old?.marker.remove();
    const icon = L.divIcon({ className: `pin pin-${mark.kind}`, html, iconSize: [0, 0] });
    const marker = L.marker(at(mark.point), { icon, interactive: !!mark.onOpen, keyboard: !!mark.onOpen, title: mark.onOpen ? mark.label : '', zIndexOffset: mark.first ? 1000 : Z[mark.kind] });
    if (mark.onOpen) marker.on('click', mark.onOpen).on('keypress', mark.onOpen);
    marker.addTo(this.map);
    this.#marks.set(name, { marker, html });
  }

  /** Takes away every mark that is not in `names`. */
  only(names: ReadonlySet<string>): void {
    for (const name of [...this.#marks.keys()]) if (!names.has(name)) this.mark(name, null);
  }

  way(name: string, points: readonly Point[], tone = 'go'): void {
    this.#ways.get(name)?.remove();
    this.#ways.delete(name);
    if (points.length < 2) return;
    const line = L.polyline(points.map(at), { color: this.#colour(tone), weight: 5, opacity: 0.95, lineCap: 'round', dashArray: '1 9', interactive: false });
    this.#ways.set(name, line.addTo(this.map));
  }

  area(name: string, centre: Point, radius: number, tone: string): void {
    this.#areas.get(name)?.remove();
    const color = this.#colour(tone);
    const circle = L.circle(at(centre), { radius, color, weight: 1.5, opacity: 0.7, fillColor: color, fillOpacity: 0.05, interactive: false, dashArray: '4 6' });
    this.#areas.set(name, circle.addTo(this.map));
  }

  /** Shows all points, unless the person has moved the map herself. */
  show(points: readonly Point[], padding = 48, maxZoom = 16.5): void {
    if (this.#moved || points.length === 0) return;
    this.#ours = true;
    this.map.fitBounds(L.latLngBounds(points.map(at)), { padding: [padding, padding], maxZoom, animate: false });
    this.#ours = false;
  }

  centre(): Point {
    const { lat, lng } = this.map.getCenter();
    return { lat, lon: lng };
  }

  jump(point: Point): void {
    this.map.setView(at(point), this.map.getZoom(), { animate: false });
  }

  destroy(): void {
    this.#sizes.disconnect();
    this.map.off();
    this.map.remove();
  }

  #colour(tone: string): string {
    const name = COLOURS[tone] ?? `--${tone}`;
    return getComputedStyle(this.map.getContainer()).getPropertyValue(name).trim() || '#0b7a43';
  }

  /** A net of 250 m and a bolder one of 1 km, so that a way and a distance can be judged without tiles. */
  #ground(centre: Point): void {
    const style = getComputedStyle(this.map.getContainer());
    const set = (lines: L.LatLngTuple[][], weight: number) =>
      L.polyline(lines, { color: style.getPropertyValue('--street-minor').trim(), weight, interactive: false, lineCap: 'round', smoothFactor: 1.4 }).addTo(this.map).bringToBack();
    set(net(centre, 250, 36), 1.5);
    set(net(centre, 1000, 9), 4);
  }
}

/** Lines every `step` metres, `count` to each side, on round places of the earth, so that two maps show the same net. */
function net(centre: Point, step: number, count: number): L.LatLngTuple[][] {
  const dLat = step / 111_195;
  const dLon = step / (111_195 * Math.cos((Math.round(centre.lat) * Math.PI) / 180));
  const [row, column] = [Math.round(centre.lat / dLat), Math.round(centre.lon / dLon)];
  const side = Array.from({ length: 2 * count + 1 }, (_, i) => i - count);
  const ends = (at: number, d: number): [number, number] => [(at - count) * d, (at + count) * d];
  const [south, north] = ends(row, dLat);
  const [west, east] = ends(column, dLon);
  return [
    ...side.map((i): L.LatLngTuple[] => [[(row + i) * dLat, west], [(row + i) * dLat, east]]),
    ...side.map((i): L.LatLngTuple[] => [[south, (column + i) * dLon], [north, (column + i) * dLon]]),
  ];
}

function pinHtml({ kind, tone = 'go', text }: Mark): string {
  const escape = (raw: string) => raw.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  if (kind === 'drop') return `<span class="spot" data-tone="${tone}">${escape(text ?? '')}</span>`;
  const icon = `<svg viewBox="0 0 24 24" aria-hidden="true">${SHAPES[kind]}</svg>`;
  return `<span class="plate" data-tone="${tone}">${icon}${text ? `<b>${escape(text)}</b>` : ''}</span>`;
}
