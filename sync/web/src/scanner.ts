// Turns keyboard-wedge key presses into whole scans. Framework-free. A burst ends at Enter or Tab (or begins anew at a
// prefix character); a stall inside a burst changes nothing; what never ends is reported as broken, never dropped
// silently. A key of a burst never reaches the focused button (UX 21).

import { GS, readCode } from './barcode.ts';

export type Scan = { text: string; aim: string | null };
export type ScannerOptions = {
  /** A whole scan. */
  onScan: (scan: Scan) => void;
  /** Keys came, but no whole scan: the check digit is wrong, or the end never came. */
  onBroken?: (text: string, why: 'check_digit' | 'unfinished') => void;
  /** A character that some scanners send first; anything before it is reported as unfinished. */
  prefix?: string;
  /** Signs that the page keeps for itself while no burst runs, such as `/` for the search. */
  pass?: string;
  /** Milliseconds without a key after which an unended burst is judged. Far above any stall seen (150 ms). */
  idleMs?: number;
  /** The same text again within this many ms of its first end is the wedge's double delivery. */
  repeatMs?: number;
};
/** The part of `KeyboardEvent` that is needed; lets tests feed plain objects. */
export type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'isComposing' | 'type'> & {
  target: EventTarget | null;
  preventDefault(): void;
  stopImmediatePropagation(): void;
};

const AIM = /^\][A-Za-z][0-9A-Za-z]/;

export class Scanner {
  #buffer = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = { text: '', at: -Infinity };
  readonly #options: Required<Omit<ScannerOptions, 'onBroken'>> & Pick<ScannerOptions, 'onBroken'>;
  readonly #now: () => number;

  constructor(options: ScannerOptions, now: () => number = () => performance.now()) {
    this.#options = { prefix: '', pass: '', idleMs: 1500, repeatMs: 120, ...options };
    this.#now = now;
  }

  /** Listens on `target` in the capture phase, before any button hears of a key. Returns the way to stop. */
  listen(target: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>): () => void {
    const down = (event: Event) => this.key(event as unknown as Key);
    target.addEventListener('keydown', down, { capture: true });
    target.addEventListener('keyup', down, { capture: true });
    return () => {
      target.removeEventListener('keydown', down, { capture: true });
      target.removeEventListener('keyup', down, { capture: true });
      clearTimeout(this.#timer);
    };
  }

  /** One key event. Keys typed into a text field are left alone. */
  key(event: Key): void {
    if (event.isComposing || event.metaKey || event.altKey || editable(event.target)) return;
    if (event.type === 'keyup') {
      // Space presses a button on keyup: within a burst it must not.
      if (this.#buffer !== '' && event.key === ' ') this.#swallow(event);
      return;
    }
    const sign = this.#sign(event);
    if (sign === null) {
      const ends = event.key === 'Enter' || event.key === 'Tab';
      if (ends && this.#buffer !== '') {
        this.#swallow(event);
        this.#finish();
      }
      return;
    }
    if (this.#buffer === '' && (sign === ' ' || this.#options.pass.includes(sign))) return;
    this.#swallow(event);
    if (this.#options.prefix !== '' && sign === this.#options.prefix) {
      if (this.#buffer !== '') this.#options.onBroken?.(this.#take(), 'unfinished');
      this.#wait();
      return;
    }
    this.#buffer += sign;
    this.#wait();
  }

  #sign(event: Key): string | null {
    if (event.ctrlKey) return event.key === ']' ? GS : null;
    return event.key.length === 1 ? event.key : null;
  }

  #swallow(event: Key): void {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#idle(), this.#options.idleMs);
  }

  #take(): string {
    clearTimeout(this.#timer);
    const text = this.#buffer;
    this.#buffer = '';
    return text;
  }

  /** No end came. A text that proves itself (check digit, own label) is taken; anything else is reported. */
  #idle(): void {
    if (this.#buffer === '') return;
    const kind = readCode(this.#buffer.replace(AIM, '')).kind;
    if (kind === 'gtin' || kind === 'own') this.#finish();
    else this.#options.onBroken?.(this.#take(), 'unfinished');
  }

  #finish(): void {
    const raw = this.#take();
    const aim = AIM.exec(raw)?.[0] ?? null;
    const text = aim ? raw.slice(aim.length) : raw;
    const now = this.#now();
    const repeated = text === this.#last.text && now - this.#last.at < this.#options.repeatMs;
    this.#last = { text, at: now };
    if (repeated) return;
    if (readCode(text).kind === 'misread') this.#options.onBroken?.(text, 'check_digit');
    else this.#options.onScan({ text, aim });
  }
}

function editable(target: EventTarget | null): boolean {
  const element = target as Partial<HTMLElement> | null;
  return element?.isContentEditable === true || ['INPUT', 'TEXTAREA', 'SELECT'].includes(element?.tagName ?? '');
}
