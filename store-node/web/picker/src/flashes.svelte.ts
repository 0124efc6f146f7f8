// The full-screen answer to a scan: green for right, red with the reason for wrong, and the sound and buzz with it.
// A wrong one stays until the next scan or a touch; a right one is gone in a moment. It changes no quantity.

import { named } from '@larder/shared/i18n.svelte.ts';
import { signal } from '@larder/shared/signal.ts';
import type { AckOutcome, HandheldEvent } from '@larder/shared/types/mqtt.ts';
import type { Problem } from '@larder/shared/types/words.ts';
import { explain } from '@larder/shared/words.ts';
import type { Guess, Why } from './core/predict.ts';
import type { Now } from './core/progress.ts';
import { t } from './texts.ts';

export type Flash =
  | { kind: 'right'; n: number; text: string }
  | { kind: 'wrong'; n: number; title: string; scanned: string; wanted: string; hint: string };

const RIGHT_MS = 380;

export class Flashes {
  now = $state.raw<Flash | null>(null);
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The guess at a scan, at once. */
  guess(guess: Guess, text: string, task: Now): void {
    if (guess.kind === 'right') {
      const line = task.task.lines.find((l) => l.line === guess.line);
      this.#right(line ? `${line.picked + 1} / ${line.qty}` : '');
    } else if (guess.kind === 'wrong') {
      const { title, hint } = words(guess.why);
      this.#wrong(title, guess.scanned ? named(guess.scanned) : text, wanted(task), hint);
    } else this.clear();
  }

  /** The store said yes to what was not guessed right. */
  right(task: Now | null): void {
    this.#right(task?.current ? `${task.current.picked} / ${task.current.qty}` : '');
  }

  /** The store said no. A no that the guess has shown already stands; another one is shown anew. */
  refused(event: HandheldEvent, guess: Guess | undefined, problem: Problem, task: Now | null): void {
    if (guess?.kind === 'wrong') return;
    const { title, hint } = explain(problem);
    const scan = event.action.type === 'scan';
    this.#wrong(title, event.action.type === 'scan' ? event.action.text : '', scan ? wanted(task) : '', hint);
  }

  /** The store's answer to a scan at a fixed scanner, which has no screen of its own. */
  heard(outcome: AckOutcome, task: Now | null): void {
    if (outcome.type === 'applied') return this.#right(t('at_scanner'));
    const { problem } = outcome;
    const { title, detail, hint } = explain(problem);
    const scanned = problem.vars?.['scanned'];
    return this.#wrong(title, scanned ?? detail, scanned === undefined ? '' : wanted(task), hint);
  }

  misread(text: string, why: 'check_digit' | 'unfinished'): void {
    this.#wrong(t(why === 'unfinished' ? 'unfinished' : 'misread'), text, '', t('misread_hint'));
  }

  plain(key: 'locked_scan' | 'no_task_scan'): void {
    this.#wrong(t(key), '', '', '');
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.now = null;
  }

  #right(text: string): void {
    this.#count += 1;
    this.now = { kind: 'right', n: this.#count, text };
    signal('right');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.clear(), RIGHT_MS);
  }

  #wrong(title: string, scanned: string, want: string, hint: string): void {
    clearTimeout(this.#timer);
    this.#count += 1;
    this.now = { kind: 'wrong', n: this.#count, title, scanned, wanted: want, hint };
    signal('wrong');
  }
}

function words(why: Why): { title: string; hint: string } {
  if (why === 'misread') return { title: t('misread'), hint: t('misread_hint') };
  if (why === 'scan_label') return { title: t('scan_label_title'), hint: t('scan_label_hint') };
  return explain({ code: why, status: 409, title: why, detail: '', hint: '' });
}

function wanted(task: Now | null): string {
  return task?.current ? named(task.current) : '';
}
