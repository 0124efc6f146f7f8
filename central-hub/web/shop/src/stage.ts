// How an order's way is shown: which stage, how many minutes. Pure; what it says is only what the hub said.

import type { Order, Tracking } from '@larder/shared/types/hub.ts';
import type { OrderState } from '@larder/shared/types/words.ts';

export const STAGES = ['confirmed', 'picking', 'packed', 'dispatched', 'delivered'] as const;
export type Stage = (typeof STAGES)[number];
const RANK: Record<OrderState, number> = {
  placed: -1, confirmed: 0, picking: 1, packed: 2, dispatched: 3, delivered: 4, completed: 4, returned: -2, cancelled: -2, payment_failed: -2,
};

/** -2: it ended early; -1: nothing reached yet; else the index in `STAGES`. */
export function rank(state: OrderState): number {
  return RANK[state];
}

export function stageOf(order: Order, stage: Stage): 'done' | 'now' | 'todo' {
  const at = rank(order.state);
  const index = STAGES.indexOf(stage);
  if (at === STAGES.length - 1) return 'done';
  return index < at ? 'done' : index === at ? 'now' : 'todo';
}

/** Whole minutes until it should be there, at least 1; 0 once the time has come. */
export function minutes(order: Order, tracking: Tracking | null, now: number): number {
  const left = (tracking?.eta_at ?? order.promise_at) - now;
  return left <= 0 ? 0 : Math.max(1, Math.ceil(left / 60_000));
}

/** It can be called off until it is packed (REQ-61). */
export function cancellable(state: OrderState): boolean {
  return state === 'placed' || state === 'confirmed' || state === 'picking';
}

/** Seconds left to answer; the preset applies at 0. */
export function secondsLeft(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 1000));
}
