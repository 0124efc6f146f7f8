// Pack sizes in the person's language: the catalogue writes them in English.

import { lang } from '@larder/shared/i18n.svelte.ts';

const HINDI: Record<string, string> = {
  g: 'ग्राम', kg: 'किग्रा', ml: 'मिली', L: 'लीटर', pack: 'पैक', packet: 'पैकेट', pouch: 'पाउच', bottle: 'बोतल', box: 'डिब्बा', jar: 'जार', carton: 'कार्टन', tin: 'टिन', can: 'कैन', tub: 'टब', bag: 'थैली',
  tube: 'ट्यूब', piece: 'नग', pieces: 'नग', pcs: 'नग', pc: 'नग', bunch: 'गुच्छा', cup: 'कप', tray: 'ट्रे', bar: 'बार', loaf: 'ब्रेड', sachet: 'सैशे', roll: 'रोल', set: 'सेट', glass: 'गिलास', sticks: 'स्टिक', pads: 'पैड', sheets: 'शीट', pages: 'पन्ने', m: 'मीटर', rolls: 'रोल', wipes: 'वाइप', sachets: 'सैशे', pair: 'जोड़ी', unit: 'नग',
};

/** `500 ml bottle` as `500 मिली बोतल`; a word that is not known stays as it is. */
export function unitName(unit: string): string {
  return lang() === 'hi' ? unit.replace(/[A-Za-z]+/g, (word) => HINDI[word] ?? word) : unit;
}
