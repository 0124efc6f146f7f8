// Who this handheld is and how it is: enrolment from the address's fragment, topics, birth and state, battery.
// Nothing about orders.

import type { Birth, DeviceState, Health } from '@larder/shared/types/mqtt.ts';

export type Device = { device: string; token: string };

/** Reads `#device=..&token=..` and removes it from the address, so that the token is not in a history or screenshot. */
export function enrolment(location: Location, history: History): Device | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const device = fragment.get('device');
  const token = fragment.get('token');
  if (!device || !token) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return { device, token };
}

/** Topics of this handheld (DEVICES.md). */
export function topics(store: string, device: string) {
  const leaf = (word: string) => `ds/v1/${store}/handheld/${device}/${word}`;
  return { birth: leaf('birth'), state: leaf('state'), event: leaf('event'), cmd: leaf('cmd'), ack: leaf('ack') };
}

export function birth(session: number, at: number): Birth {
  return { schema: 1, session, at, driver: 'picker-web', model: navigator.userAgent.slice(0, 120), firmware: __VERSION__ };
}

export function state(session: number, at: number, health: Health, battery: number | null, queued: number): DeviceState {
  const low = battery !== null && battery < BATTERY_LOW;
  return {
    session, at, health: health === 'ok' && low ? 'warn' : health, detail: low ? `battery ${battery} %` : '',
    hint: low ? 'Put it on the charger after this order.' : '', battery_pct: battery, queued,
  };
}

/** Percent at which the picker is warned. */
export const BATTERY_LOW = 20;

type BatteryManager = EventTarget & { level: number; charging: boolean };

/** Tells the charge in percent now and at each change; null while charging or where the browser does not tell. */
export async function watchBattery(tell: (percent: number | null) => void): Promise<void> {
  const source = navigator as Navigator & { getBattery?: () => Promise<BatteryManager> };
  const battery = await source.getBattery?.().catch(() => undefined);
  if (!battery) return;
  const say = () => tell(battery.charging ? null : Math.round(battery.level * 100));
  battery.addEventListener('levelchange', say);
  battery.addEventListener('chargingchange', say);
  say();
}
