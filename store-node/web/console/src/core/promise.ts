// The promise meter: how much of each stage's budget an order has used, and which stage ate it (REQ-35). Pure.

import { STAGE_MS } from '@larder/shared/time.ts';
import type { Channel, Moments, OrderState } from '@larder/shared/types/words.ts';

export type Stage = {
  /** Milliseconds spent so far; 0 before it begins. */
  spent: number;
  /** Its budget in ms. */
  budget: number;
  state: 'todo' | 'running' | 'done';
  /** Above its budget. */
  over: boolean;
  /** Four fifths of it are used and it still runs. */
  near: boolean;
};

/** Processing, pick and pack, dispatch, ride (not at the counter); at `now` by the node's clock. */
export function stages(moments: Moments, now: number, channel: Channel = 'online'): Stage[] {
  const marks = [moments.placed, moments.accepted ?? moments.picking, moments.packed, moments.dispatched, moments.delivered];
  // A stage that was never said to begin began when the one before it ended.
  return STAGE_MS.slice(0, channel === 'counter' ? 3 : 4).map((budget, i) => {
    const from = marks[i];
    const to = marks.slice(i + 1).find((mark) => mark !== undefined);
    if (from === undefined) return { spent: 0, budget, state: to === undefined ? 'todo' : 'done', over: false, near: false };
    const spent = Math.max(0, (to ?? now) - from);
    const running = to === undefined;
    return { spent, budget, state: running ? 'running' : 'done', over: spent > budget, near: running && spent > budget * 0.8 };
  });
}

export type Column = 'to_pick' | 'picking' | 'packed' | 'road';
export const COLUMNS: readonly Column[] = ['to_pick', 'picking', 'packed', 'road'];

/** The column of a state; null for what has ended. */
export function column(state: OrderState): Column | null {
  switch (state) {
    case 'placed':
    case 'confirmed':
      return 'to_pick';
    case 'picking':
      return 'picking';
    case 'packed':
      return 'packed';
    case 'dispatched':
      return 'road';
    case 'payment_failed':
    case 'cancelled':
    case 'delivered':
    case 'completed':
    case 'returned':
      return null;
  }
}
