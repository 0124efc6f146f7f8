// Particulars by name, as the nodes write them (model/src/particulars.rs): `line=1 name="Toned milk"`. The words around
// them are each surface's own, so that a screen speaks one language.

import { fill, lang, type Lang, type Vars } from './i18n.svelte.ts';

/** The values by name; empty for an empty text, null for a text that is no particulars (written before they had names). */
export function particulars(text: string): Record<string, string> | null {
  const named: Record<string, string> = {};
  const pair = /\s*(\w+)=("(?:[^"\\]|\\.)*"|[^\s"]+)/y;
  let end = 0;
  for (let found = pair.exec(text); found; found = pair.exec(text)) {
    named[found[1]!] = found[2]!.startsWith('"') ? (JSON.parse(found[2]!) as string) : found[2]!;
    end = pair.lastIndex;
  }
  return text.slice(end).trim() === '' ? named : null;
}

/**
 * Particulars in the person's words: the text of `key` filled with them. Where no text is known the values alone stand,
 * and a text without names stands only where English is read. `more` computes further values from the named ones.
 */
export function recount(texts: Record<Lang, Record<string, string>>, key: string, text: string, more: (named: Record<string, string>) => Vars = () => ({})): string {
  const named = particulars(text);
  if (named === null) return lang() === 'en' ? text : '';
  const words = texts[lang()][key];
  if (words === undefined) return Object.values(named).join(' · ');
  return Object.keys(named).length === 0 ? '' : fill(words, { ...named, ...more(named) }, lang());
}
