// Finds English on a Hindi screen: every text that a person can see, without names and codes.

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const CATALOGUE = new URL('../../store-node/demo/catalogue.csv', import.meta.url);
/** Names of the demo's goods and of who makes them, in the catalogue's third and fifth columns: what the demo's own people
    order may stand on any screen. */
const GOODS = readFileSync(CATALOGUE, 'utf8').split('\n').slice(1).flatMap((row) => [row.split(',')[2] ?? '', row.split(',')[4] ?? '']);

/** Names of the demo's world, as tests/src/demo/house.rs gives them: stores, people, riders, places, devices. */
const WORLD = [
  'Larder Indiranagar', 'Larder Koramangala', 'Larder', 'English', 'console', 'system', 'timer', 'import', 'uplink', 'opening',
  'Asha', 'Ravi', 'Sunil', 'Usha', 'Meena', 'Dev', 'Lata', 'Joy', 'Kiran', 'Noor', 'Farah', 'Mohan', 'Walk', 'Nila', 'Operations',
  'Imran', 'Sunita', 'Deepak', 'Manoj', 'Rekha', 'Salim', 'Geeta', 'Anil', 'Farida', 'Suresh', 'Mary', 'Prakash', 'Latha', 'Yusuf', 'Kamal', 'Divya', 'Ramesh', 'Shalini', 'Tenzin', 'Pooja',
  'cold-1', 'frozen-1', 'fresh-1', 'temp-cold-1', 'temp-cold-2', 'temp-frozen-1', 'temp-fresh-1', 'scan-pack', 'scan-bay', 'label-1', 'receipt-1', 'scale-1',
];

/** Texts with English words on the page now; `names` are ids and names (beside the goods') that stand as they are in any language. */
export async function english(page: Page, names: readonly string[] = []): Promise<string[]> {
  const texts = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen: string[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      const text = (node.textContent ?? '').replace(/\s+/g, ' ').trim();
      if (text !== '' && parent && parent.closest('[lang=en], script, style') === null && parent.checkVisibility()) seen.push(text);
    }
    return seen;
  });
  const known = [...names, ...WORLD, ...GOODS].filter((name) => name !== '').sort((a, b) => b.length - a.length);
  return texts.filter((text) => {
    const rest = known.reduce((left, name) => left.replaceAll(name, ' '), text);
    // A word of small letters that is no part of a code, an address or a unit.
    return /(?<![\w.\-/:#])[A-Z]?[a-z]{3,}(?![\w\-/:.]\S)/.test(rest);
  });
}
