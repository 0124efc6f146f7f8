// Why a record could not be used, by its stable word, and what to do about it; the same at the store and at the hub.

import { pack, translator } from './i18n.svelte.ts';

const KINDS = pack(
  {
    poisoned: 'Says what cannot be', stranger: 'Written by somebody who may not', number_twice: 'One number, two contents', other_content: 'Same order, other content', not_its_own: 'Not its own to say', unknown_order: 'Of an order that is not here', gap: 'Something before it is missing', broken_chain: 'Does not continue what was told before', too_big: 'Larger than anything may be', malformed: 'Not readable', version: 'Of another version', unproved: 'Claims more than this hub ever said', other: 'Could not be used',
    do_poisoned: 'Nothing was changed by it. Keep it for whoever looks after the software.', do_stranger: 'Find out who sends under this store’s name: compare certificates and tokens.', do_number_twice: 'The sender was restored without a new start: start it anew.', do_other_content: 'Ask the customer which order is right.', do_not_its_own: 'Keep it for whoever looks after the software.', do_unknown_order: 'It comes again with its order; if not, look at the order at both sides.', do_gap: 'The whole document is asked for by itself.', do_broken_chain: 'Rows of ledger or temperatures were changed, or two machines are this store. Run self-check there, and keep both databases.', do_too_big: 'Find out who sends under this store’s name.', do_malformed: 'The other side sends it again by itself; if it goes on, look at the line.', do_version: 'Upgrade the hub first, then the store.', do_unproved: 'Nothing was changed by it. If this hub was set back, restore it from its backup; else look at that store.', do_other: 'Keep it for whoever looks after the software.',
  },
  {
    poisoned: 'ऐसा हो ही नहीं सकता', stranger: 'किसी और ने लिखा, जिसे हक़ नहीं', number_twice: 'एक नंबर, दो बातें', other_content: 'वही ऑर्डर, दूसरी बात', not_its_own: 'यह कहना इसका काम नहीं', unknown_order: 'जिस ऑर्डर का है वह यहाँ नहीं', gap: 'इससे पहले का कुछ नहीं आया', broken_chain: 'पहले बताई बात से नहीं जुड़ता', too_big: 'जितना हो सकता है उससे बड़ा', malformed: 'पढ़ा नहीं जा सका', version: 'दूसरे संस्करण का', unproved: 'उससे ज़्यादा का दावा जो इस हब ने कभी कहा', other: 'काम में नहीं लिया जा सका',
    do_poisoned: 'इससे कुछ बदला नहीं। सॉफ़्टवेयर देखने वालों के लिए रखें।', do_stranger: 'पता करें कौन इस स्टोर के नाम से भेज रहा है: प्रमाणपत्र और टोकन मिलाएँ।', do_number_twice: 'भेजने वाला बिना नई शुरुआत के लौटाया गया: उसे फिर शुरू करें।', do_other_content: 'ग्राहक से पूछें कौन-सा ऑर्डर सही है।', do_not_its_own: 'सॉफ़्टवेयर देखने वालों के लिए रखें।', do_unknown_order: 'यह अपने ऑर्डर के साथ फिर आएगा; न आए तो दोनों तरफ़ ऑर्डर देखें।', do_gap: 'पूरा दस्तावेज़ खुद मँगाया जाता है।', do_broken_chain: 'बही या तापमान की पंक्तियाँ बदली गईं, या इस स्टोर की दो मशीनें हैं। वहाँ self-check चलाएँ और दोनों डेटाबेस रखें।', do_too_big: 'पता करें कौन इस स्टोर के नाम से भेज रहा है।', do_malformed: 'दूसरी तरफ़ से यह खुद फिर आएगा; न रुके तो लाइन देखें।', do_version: 'पहले हब, फिर स्टोर को नया करें।', do_unproved: 'इससे कुछ बदला नहीं। यह हब पीछे लौटाया गया हो तो उसे बैकअप से लौटाएँ; नहीं तो उस स्टोर को देखें।', do_other: 'सॉफ़्टवेयर देखने वालों के लिए रखें।',
  },
);
const k = translator(KINDS);
type Kind = 'poisoned' | 'stranger' | 'number_twice' | 'other_content' | 'not_its_own' | 'unknown_order' | 'gap' | 'broken_chain' | 'too_big' | 'malformed' | 'version' | 'unproved' | 'other';

/** What is wrong and what to do, by the node's word; a word of a later version is `other`. */
export function setAside(kind: string): { what: string; todo: string } {
  const known = (kind in KINDS.en && !kind.startsWith('do_') ? kind : 'other') as Kind;
  return { what: k(known), todo: k(`do_${known}`) };
}
