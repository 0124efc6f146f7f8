// One ticking clock for all countdowns of a page, corrected to the node's clock. Nothing is decided by it.

const state = $state({ now: Date.now(), skew: 0 });
let timer: ReturnType<typeof setInterval> | undefined;

/** The node's time as well as this page knows it; ticks every half second. */
export function now(): number {
  timer ??= setInterval(() => (state.now = Date.now()), 500);
  return state.now + state.skew;
}

/** An answer that was made just now said it is `at` at the node. Below two seconds it is the way, not the clock. */
export function learn(at: number): void {
  const skew = at - Date.now();
  const next = Math.abs(skew) < 2000 ? 0 : skew;
  if (Math.abs(next - state.skew) > 1000) state.skew = next;
}
