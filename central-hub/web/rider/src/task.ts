// What the rider should do now, from the hub's last word and the proofs that it has not heard yet. Pure.

import type { DeliverRequest, Fix, RiderNow, RiderTask } from '@larder/shared/types/hub.ts';

/** A proof on its way: the id is the idempotency key of every try. */
export type Proof = { id: string; order: string; number: string; request: DeliverRequest };
/** The hub takes at most this many fixes at once. */
export const FIXES_MAX = 600;

/** What is shown as next: a delivery proven here but not yet heard at the hub is done; bags that the rider says are in hand
 *  go to the door, also while a store that is cut off cannot tell the hub so. */
export function nextTask(now: RiderNow, kept: readonly Proof[], inHand = ''): RiderTask {
  const { next } = now;
  if (next.type === 'wait') return next;
  if (kept.some((proof) => proof.order === next.order)) return { type: 'wait' };
  if (next.type === 'deliver' || next.order !== inHand) return next;
  const { order, number, drop_off: drop } = next;
  return { type: 'deliver', order, number, ...drop, route: [next.store_at, drop.at] };
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
