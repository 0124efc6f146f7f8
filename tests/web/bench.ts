// A hand on the demo's label printer: switches it off in the middle of a label, switches it on again, and looks into its tray.

import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class Bench {
  /** `data`: the demo's folder; `store`: whose printer. */
  constructor(private readonly data: string, private readonly store: string) {}

  /** `on`, `off`, `paper out`, `cover open`, or `dies after N bytes`; done when the bench has taken the word away. */
  async say(word: string): Promise<void> {
    const hand = this.#file('label-1.hand');
    writeFileSync(`${hand}.new`, word);
    renameSync(`${hand}.new`, hand);
    const end = Date.now() + 5000;
    for (;;) {
      try {
        readFileSync(hand);
      } catch {
        return;
      }
      if (Date.now() > end) throw new Error(`nobody heeds ${word}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** What has come out, oldest first, as ZPL. */
  tray(): string[] {
    const tray = this.#file('label-1.tray');
    return readdirSync(tray).filter((name) => name.endsWith('.zpl')).sort().map((name) => readFileSync(join(tray, name), 'latin1'));
  }

  #file(name: string): string {
    return join(this.data, this.store, 'devices', name);
  }
}
