// What the screen shows: the store's view plus what the person did since, which the store has not yet put into a view.
// Pure. The store's word wins: an ack or a newer view corrects whatever was assumed here. A wrong product never counts.

import type { Ack, HandheldEvent, HandheldView, PickLine, PickTask } from '@larder/shared/types/mqtt.ts';
import { isDone, predict } from './predict.ts';

export type Pending = {
  event: HandheldEvent;
  /** Acknowledged as applied, but not yet seen in a view. */
  settled: boolean;
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
export const EMPTY: Model = { view: null, pending: [], trail: [] };

export type Now = {
  task: PickTask;
  /** The line to pick now; null when none is open (all done, or one waits for the customer). */
  current: PickLine | null;
  after: PickLine | null;
  done: number;
  /** A pack event is on its way. */
  packing: boolean;
};

/** A newer view came. Older and equal ones change nothing. */
export function withView(model: Model, view: HandheldView, today: string): Model {
  const old = model.view;
  if (old && view.version <= old.version && view.at <= old.at) return model;
  if (old?.task?.order !== view.task?.order) {
    // Events of an order that is gone from the screen have nothing left to show; they stay in the outbox all the same.
    return { view, pending: model.pending.filter((p) => !p.settled), trail: [] };
  }
  let trail = [...model.trail];
  const pending: Pending[] = [];
  for (const [index, entry] of model.pending.entries()) {
    // Everything settled was committed before a view that is newer than its ack.
    const shown = entry.settled || (!entry.included && index === 0 && showsEffect(model, view, entry.event, today));
    if (shown) trail = trailAfter(trail, model, entry.event, today);
    if (!entry.settled) pending.push(shown ? { ...entry, included: true } : entry);
  }
  return { view, pending, trail };
}

/** The person acted. */
export function withEvent(model: Model, event: HandheldEvent): Model {
  return { ...model, pending: [...model.pending, { event, settled: false, included: false }] };
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
  for (const { event, included } of model.pending) {
    if (included) continue;
    if (event.action.type === 'pack' && event.action.order === task.order) packing = true;
    apply(lines, trail, task.order, event, today);
  }
  const asked = task.substitute?.line;
  const open = lines.filter((line) => !isDone(line) && line.line !== asked);
  return {
    task: { ...task, lines }, current: open[0] ?? null, after: open[1] ?? null, done: lines.filter(isDone).length, packing,
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

/** Whether `view` already shows what `event` would do to the old view. */
function showsEffect(model: Model, view: HandheldView, event: HandheldEvent, today: string): boolean {
  const before = model.view?.task?.lines;
  const after = view.task?.lines;
  if (!before || !after || !changesLines(event)) return false;
  const expected = before.map((line) => ({ ...line }));
  apply(expected, [...model.trail], view.task!.order, event, today);
  return expected.some((want, i) => {
    const was = before[i]!;
    const is = after.find((line) => line.line === want.line);
    if (!is) return false;
    if (want.picked > was.picked) return is.picked >= want.picked;
    if (want.picked < was.picked) return is.picked <= want.picked;
    if (want.short > was.short) return is.short >= want.short || is.bin !== was.bin || is.sku !== was.sku || view.task?.substitute?.line === want.line;
    return false;
  });
}

function trailAfter(trail: number[], model: Model, event: HandheldEvent, today: string): number[] {
  const next = [...trail];
  const task = model.view?.task;
  if (task) apply(task.lines.map((line) => ({ ...line })), next, task.order, event, today);
  return next.slice(-200);
}
