// What the screen shows: the store's view plus what the person did since, which the store has not yet put into a view.
// Pure. The store's word wins: an ack or a newer view corrects whatever was assumed here. A wrong product never counts.

import type { Ack, HandheldEvent, HandheldView, PickLine, PickTask } from '@larder/shared/types/mqtt.ts';
import { isDone, predict } from './predict.ts';

export type Pending = {
  event: HandheldEvent;
  /** Acknowledged as applied, but not yet seen in a view. */
  settled: boolean;
  /** Newer views since then that did not show it. */
  missed: number;
  /** A view already shows it, but the ack is still on its way. */
  included: boolean;
};
export type Model = {
  view: HandheldView | null;
  /** In the order of the hands. */
  pending: readonly Pending[];
  /** Lines of this order whose picks a view already shows, oldest first: what an undo takes back. */
  trail: readonly number[];
};
/** A view may have been read just before the commit it crosses on the wire; more than this many were not. */
const MISSED_MAX = 2;
export const EMPTY: Model = { view: null, pending: [], trail: [] };

export type Now = {
  task: PickTask;
  /** The line to pick now; null when none is open (all done, or one waits for the customer). */
  current: PickLine | null;
  after: PickLine | null;
  done: number;
  /** A pack event is on its way. */
  packing: boolean;
  /** A "not found" is on its way: the store may still send another bin for the line. */
  asking: boolean;
};

/** A newer view came. Older and equal ones change nothing. */
export function withView(model: Model, view: HandheldView, today: string): Model {
  const old = model.view;
  if (old && view.version <= old.version && view.at <= old.at) return model;
  if (old?.task?.order !== view.task?.order) {
    // Events of an order that is gone from the screen have nothing left to show; they stay in the outbox all the same.
    return { view, pending: model.pending.filter((p) => !p.settled), trail: [] };
  }
  const before = (old?.task?.lines ?? []).map((line) => ({ ...line }));
  let trail = [...model.trail];
  const pending: Pending[] = [];
  let inOrder = true;
  for (const entry of model.pending) {
    if (entry.included) {
      pending.push(entry);
      continue;
    }
    const was = before.map((line) => ({ ...line }));
    const next = [...trail];
    if (view.task) apply(before, next, view.task.order, entry.event, today);
    // The store works in the order of the hands: what follows an event that is not shown is not shown either.
    const shown: boolean = inOrder && shows(view, was, before);
    inOrder &&= shown;
    if (shown || (entry.settled && entry.missed >= MISSED_MAX)) trail = next.slice(-200);
    if (shown && !entry.settled) pending.push({ ...entry, included: true });
    else if (!shown && !(entry.settled && entry.missed >= MISSED_MAX)) pending.push({ ...entry, missed: entry.settled ? entry.missed + 1 : 0 });
  }
  return { view, pending, trail };
}

/** The person acted. */
export function withEvent(model: Model, event: HandheldEvent): Model {
  return { ...model, pending: [...model.pending, { event, settled: false, missed: 0, included: false }] };
}

/** The store answered. A refusal takes the assumption back. */
export function withAck(model: Model, ack: Ack): Model {
  const pending = model.pending.flatMap((entry) => {
    if (entry.event.id !== ack.id) return [entry];
    const keep = ack.outcome.type === 'applied' && !entry.included && changesLines(entry.event);
    return keep ? [{ ...entry, settled: true }] : [];
  });
  return { ...model, pending };
}

/** View and pending events put together; null without a task. */
export function project(model: Model, today: string): Now | null {
  const task = model.view?.task;
  if (!task) return null;
  const lines = task.lines.map((line) => ({ ...line }));
  const trail = [...model.trail];
  let packing = false;
  let asking = false;
  for (const { event, included } of model.pending) {
    if (included) continue;
    if (event.action.type === 'pack' && event.action.order === task.order) packing = true;
    if (event.action.type === 'not_found' && event.action.order === task.order) asking = true;
    apply(lines, trail, task.order, event, today);
  }
  const asked = task.substitute?.line;
  const open = lines.filter((line) => !isDone(line) && line.line !== asked);
  return {
    task: { ...task, lines }, current: open[0] ?? null, after: open[1] ?? null, done: lines.filter(isDone).length, packing, asking,
  };
}

/** Shown here until a view shows it. */
const changesLines = (event: HandheldEvent): boolean => ['scan', 'not_found', 'undo', 'pack'].includes(event.action.type);

function apply(lines: PickLine[], trail: number[], order: string, event: HandheldEvent, today: string): void {
  const action = event.action;
  if (!('order' in action) || action.order !== order) return;
  if (action.type === 'scan') {
    const guess = predict(lines, action.text, action.line, today);
    const line = guess.kind === 'right' ? lines.find((l) => l.line === guess.line) : undefined;
    if (line) {
      line.picked += 1;
      trail.push(line.line);
    }
  } else if (action.type === 'not_found') {
    const line = lines.find((l) => l.line === action.line);
    if (line) line.short = Math.max(line.short, line.qty - line.picked);
  } else if (action.type === 'undo') {
    const last = trail.pop();
    const line = lines.find((l) => l.line === last);
    if (line && line.picked > 0) line.picked -= 1;
  }
}

/** Whether `view` shows what an event would turn `was` into. */
function shows(view: HandheldView, was: readonly PickLine[], expected: readonly PickLine[]): boolean {
  const after = view.task?.lines ?? [];
  return expected.some((want, i) => {
    const old = was[i]!;
    const is = after.find((line) => line.line === want.line);
    if (!is) return false;
    if (want.picked > old.picked) return is.picked >= want.picked;
    if (want.picked < old.picked) return is.picked <= want.picked;
    if (want.short > old.short) return is.short >= want.short || is.bin !== old.bin || is.sku !== old.sku || view.task?.substitute?.line === want.line;
    return false;
  });
}
