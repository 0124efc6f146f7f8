// What the rider should do now, from the hub's last word and the proofs that it has not heard yet. Pure.

import type { DeliverRequest, Fix, RiderNow, RiderStop, RiderTask } from '@larder/shared/types/hub.ts';

/** A proof on its way: the id is the idempotency key of every try. */
export type Proof = { id: string; order: string; number: string; request: DeliverRequest };
/** The hub takes at most this many fixes at once. */
export const FIXES_MAX = 600;

/** The orders that are still to be done, in the hub's order: one that is proven here is done. */
export function openStops(now: RiderNow, kept: readonly Proof[]): RiderStop[] {
  const { next } = now;
  if (next.type === 'wait') return [];
  const { order, number } = next;
  const drop_off = next.type === 'collect' ? next.drop_off : { customer: next.customer, address: next.address, at: next.at, bags: next.bags, cod: next.cod, cod_known: next.cod_known };
  // A screen that was kept before orders shared a way says its one order only.
  const all: RiderStop[] = now.stops ?? [{ order, number, state: next.type === 'collect' ? next.state : 'dispatched', drop_off }];
  return all.filter((stop) => !kept.some((proof) => proof.order === stop.order));
}

/** What is shown as next: a delivery proven here but not yet heard at the hub is done; bags that the rider says are in hand
 *  go to the door, also while a store that is cut off cannot tell the hub so, but only once all of the way are in hand. */
export function nextTask(now: RiderNow, kept: readonly Proof[], inHand: readonly string[] = []): RiderTask {
  const { next } = now;
  if (next.type === 'wait') return next;
  const open = openStops(now, kept);
  const said = next.type === 'collect' && inHand.includes(next.order);
  if (!said && open.some((stop) => stop.order === next.order)) return next;
  const carried = (stop: RiderStop) => stop.state === 'dispatched' || inHand.includes(stop.order);
  const left = open.find((stop) => !carried(stop));
  if (next.type === 'collect' && left) return { ...next, order: left.order, number: left.number, state: left.state, drop_off: left.drop_off };
  const door = open.find(carried);
  if (!door) return { type: 'wait' };
  const { order, number, drop_off: drop } = door;
  return { type: 'deliver', order, number, ...drop, route: [next.type === 'collect' ? next.store_at : next.at, drop.at] };
}

/** The numbers of what else is in hand, in the order of their doors. */
export function others(now: RiderNow, kept: readonly Proof[], task: RiderTask): string[] {
  return task.type === 'wait' ? [] : openStops(now, kept).filter((stop) => stop.order !== task.order).map((stop) => stop.number);
}

/** Cash with the rider, counting what the hub has not heard yet. */
export function cash(now: RiderNow, kept: readonly Proof[]): number {
  return now.cash + kept.reduce((sum, proof) => sum + proof.request.cash, 0);
}

/** The rupees that a rider read on the label, in paise: `null` where it is no amount, or more than the order came to. */
export function labelCash(typed: string, most: number): number | null {
  const read = /^(\d{1,6})(?:\.(\d{1,2}))?$/.exec(typed.trim());
  if (!read) return null;
  const paise = Number(read[1]) * 100 + Number((read[2] ?? '').padEnd(2, '0'));
  return paise > 0 && paise <= most ? paise : null;
}

/** Newest first, at most what the hub takes; the oldest are let go. */
export function withFix(fixes: readonly Fix[], fix: Fix): Fix[] {
  return [fix, ...fixes].slice(0, FIXES_MAX);
}

/** How often a position is worth sending (REQ-78): 3 s with an order, 5 s on shift, 30 s idle. */
export function pace(now: RiderNow | null): number {
  if (!now?.on_shift) return 30_000;
  return now.next.type === 'wait' ? 5000 : 3000;
}
