// Particulars by name, as the nodes write them (model/src/particulars.rs): `line=1 name="Toned milk"`. The words around
// them are each surface's own, so that a screen speaks one language.

import { fill, lang, type Lang, type Vars } from './i18n.svelte.ts';

/** The values by name; empty for an empty text, null for a text that is no particulars (written before they had names). */
export function particulars(text: string): Record<string, string> | null {
  const named: Record<string, string> = {};
  const pair = /\s*(\w+)=("(?:[^"\\]|\\.)*"|[^\s"]+)/y;
  let end = 0;
  for (let found = pair.exec(text); found; found = pair.exec(text)) {
    const value = found[2]!.startsWith('"') ? unquoted(found[2]!) : found[2]!;
    if (value === null) return null;
    named[found[1]!] = value;
    end = pair.lastIndex;
  }
  return text.slice(end).trim() === '' ? named : null;
}

/** A quoted value; null where no node quotes like that. A page shows what other machines say and must outlive it. */
function unquoted(text: string): string | null {
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}

/**
 * Particulars in the person's words: the text of `key` filled with them. Where no text is known the values alone stand,
 * and a text without names stands only where English is read. `more` computes further values from the named ones.
 */
export function recount(texts: Record<Lang, Record<string, string>>, key: string, text: string, more: (named: Record<string, string>) => Vars = () => ({})): string {
  const named = particulars(text);
  if (named === null) return lang() === 'en' ? text : '';
  const known = texts[lang()];
  const words = Object.hasOwn(known, key) ? known[key] : undefined;
  if (words === undefined) return Object.values(named).join(' · ');
  return Object.keys(named).length === 0 ? '' : fill(words, { ...named, ...more(named) }, lang());
}
