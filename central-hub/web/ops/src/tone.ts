// Which colour a store or an order has (UX 28): by the slack between what was promised and what is expected. Pure.

import type { OpsOrderRow, OpsStore } from '@larder/shared/types/hub.ts';

/** `alarm` is a store's only: no order is late there beyond excuse, but something stands that a person must see to. */
export type Tone = 'go' | 'info' | 'warn' | 'stop' | 'alarm' | 'old';
/** Less slack than this is tight; later than this is late beyond excuse. */
export const TIGHT_MS = 120_000;
const WORST: readonly Tone[] = ['stop', 'warn', 'info', 'go'];

/** Milliseconds in hand; negative: late. An order past its ETA is as late as now. */
export function slack(order: OpsOrderRow, now: number): number {
  return order.promise_at - Math.max(order.eta_at, now);
}

export function orderTone(order: OpsOrderRow, now: number): Tone {
  const left = slack(order, now);
  if (left >= TIGHT_MS) return 'go';
  if (left >= 0) return 'info';
  return left >= -TIGHT_MS ? 'warn' : 'stop';
}

/** Grey without a link; else as its worst order, where the hub counts more late ones than the list holds at least slipping. A
    standing alarm weighs more than anything but a late order: a store that has one is not all well. */
export function storeTone(store: OpsStore, orders: readonly OpsOrderRow[], now: number): Tone {
  if (!store.online) return 'old';
  const tones = orders.filter((order) => order.store === store.store).map((order) => orderTone(order, now));
  const worst = WORST.find((tone) => tones.includes(tone)) ?? 'go';
  if (store.alarms > 0 && worst !== 'stop') return 'alarm';
  return store.late_orders > 0 && (worst === 'go' || worst === 'info') ? 'warn' : worst;
}

/** Whether a row is meant by the words typed. */
export function matches(query: string, ...texts: readonly (string | null)[]): boolean {
  const words = query.trim().toLowerCase().split(/\s+/).filter((word) => word !== '');
  const all = texts.join(' ').toLowerCase();
  return words.every((word) => all.includes(word));
}
