// What a scan will very likely turn out to be, so that the screen answers within 50 ms. Pure. It only colours the screen:
// the store reads the same text again and decides (UX 3, 5, 6).

import { gtin14, readCode } from '@larder/shared/barcode.ts';
import type { PickLine } from '@larder/shared/types/mqtt.ts';

export type Why = 'wrong_item' | 'wrong_lot' | 'scan_label' | 'expired_lot' | 'over_pick' | 'unknown_code' | 'misread';
export type Guess =
  | { kind: 'right'; line: number }
  | { kind: 'wrong'; why: Why; scanned: PickLine | null }
  /** Cannot be told here: wait for the store. */
  | { kind: 'ask' };

export const isDone = (line: PickLine): boolean => line.picked + line.short >= line.qty;

/**
 * Guesses. `lines` as they stand now, `shown` the line number on the screen (null: none), `today` as `YYYY-MM-DD`.
 * A scan may be right for another open line of the same order: hands are faster than routes.
 */
export function predict(lines: readonly PickLine[], text: string, shown: number | null, today: string): Guess {
  const code = readCode(text);
  const wrong = (why: Why, scanned: PickLine | null = null): Guess => ({ kind: 'wrong', why, scanned });
  switch (code.kind) {
    case 'misread':
      return wrong('misread');
    case 'other':
      return { kind: 'ask' };
    case 'own': {
      if (code.own !== 'lot') return wrong('unknown_code');
      const holds = choose(lines, shown, (line) => line.lot.lot === code.code);
      if (holds) return isDone(holds) ? wrong('over_pick', holds) : { kind: 'right', line: holds.line };
      return lines.some((line) => line.line === shown && line.lot.scan_label) ? wrong('wrong_lot') : { kind: 'ask' };
    }
    case 'gtin': {
      const line = choose(lines, shown, (l) => l.gtins.some((g) => gtin14(g) === code.gtin));
      if (!line) return wrong('wrong_item');
      if (isDone(line)) return wrong('over_pick', line);
      if (code.expiry !== null && code.expiry < today) return wrong('expired_lot', line);
      if (!line.lot.scan_label) return { kind: 'right', line: line.line };
      return code.lot === null ? wrong('scan_label', line) : { kind: 'ask' };
    }
  }
}

/** The line that fits: the shown one first, then open ones in walking order, then done ones. */
function choose(lines: readonly PickLine[], shown: number | null, fits: (line: PickLine) => boolean): PickLine | undefined {
  const all = lines.filter(fits);
  return all.find((l) => l.line === shown && !isDone(l)) ?? all.find((l) => !isDone(l)) ?? all[0];
}
