// Time as people read it: countdowns, and how old a number is. Pure; `now` is an argument. The ticking is in clock.svelte.ts.

/** `5:42`, or `1:02:09` from an hour on. Never negative: the caller says "late". */
export function clock(ms: number): string {
  const total = Math.floor(Math.abs(ms) / 1000);
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export type Age = { unit: 'live' | 's' | 'min' | 'h' | 'd'; n: number };

/** How old: live below 3 s, then the largest whole unit. */
export function age(at: number, now: number): Age {
  const s = Math.max(0, Math.floor((now - at) / 1000));
  if (s < 3) return { unit: 'live', n: 0 };
  if (s < 60) return { unit: 's', n: s };
  if (s < 3600) return { unit: 'min', n: Math.floor(s / 60) };
  if (s < 86_400) return { unit: 'h', n: Math.floor(s / 3600) };
  return { unit: 'd', n: Math.floor(s / 86_400) };
}

/** The budget of each stage of the promise in ms (REQ-35): processing, pick and pack, dispatch, ride. */
export const STAGE_MS = [30_000, 150_000, 60_000, 360_000] as const;
