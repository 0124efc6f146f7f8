// The words of the link's board, English and Hindi: internet down, what is promised, what the hub may sell, what waits.
import { pack, translator } from '@larder/shared/i18n.svelte.ts';

export const LINK = pack(
  {
    up: 'Internet is up', down: 'Internet is down', for: 'for {age}, since {time}',
    do_all_well: 'All well', all_well_why: 'Both sides know the same. Everything here goes on without the internet too.', all_well_sending: '{n|# fact is|# facts are} on the way to the hub.',
    do_finish_promised: 'Finish the {n|# promised order|# promised orders}', finish_promised_why: 'Then take counter orders, and keep riders at the bay. What waits here is sent by itself when the link is back.',
    do_counter_only: 'Take counter orders', counter_only_why: 'Nothing that was promised online is left here. What waits is sent by itself when the link is back.',
    do_count_shelves: 'Count the shelves', count_shelves_why: 'What is counted sells, once the hub has said what it has sold.', do_switch_off: 'Switch this machine off', switch_off_why: 'Another machine is the store now; it has everything that this one sent.',
    minutes: 'Minutes offline', promised: 'Online orders still promised', quota: 'Units the hub may still sell', facts: 'Facts not yet sent', oldest: 'oldest {time}', records: '{n|# record|# records} of the log', rows: '{n|# row|# rows} of ledger and temperatures', disk: 'MB kept on this machine', disk_max: 'of {n} planned for; nothing is dropped', catalogue: 'Catalogue of the hub', catalogue_of: '{n|# product|# products}, {age}', catalogue_none: 'The hub has told nothing yet: the store’s own file holds',
    promised_title: 'Still promised', promised_none: 'No online order waits here', promised_none_hint: 'What the hub sold before the cut appears here when it comes through.', left: '{time} left', late_by: '{time} late', more: 'and {n} more on the board',
    groups_title: 'The hub may still sell', groups_hint: 'These units stay on the shelf for it: the counter does not sell them.', groups_none: 'The hub holds no rights', groups_none_hint: 'Everything on the shelf is the counter’s.', products: '{n|# product|# products}', units: '{n|# unit|# units}',
    aside_n: '{n|# record was set aside|# records were set aside}', aside_hint: 'They could not be used. Everything else went on.', aside_none: 'Nothing was set aside', from_hub: 'record {n} of the hub', from_here: 'fact {n} of this store',
    s_placed: 'placed', s_confirmed: 'to pick', s_picking: 'picking', s_packed: 'packed',
  },
  {
    up: 'इंटरनेट चालू है', down: 'इंटरनेट बंद है', for: '{age} से, {time} बजे से',
    do_all_well: 'सब ठीक', all_well_why: 'दोनों तरफ़ एक ही जानकारी है। इंटरनेट के बिना भी यहाँ सब चलता है।', all_well_sending: '{n|# सूचना|# सूचनाएँ} हब के रास्ते में।',
    do_finish_promised: 'पहले वादे के {n|# ऑर्डर|# ऑर्डर} पूरे करें', finish_promised_why: 'फिर काउंटर ऑर्डर लें, और राइडर बे पर रखें। जो रुका है, संपर्क लौटते ही खुद जाएगा।',
    do_counter_only: 'काउंटर ऑर्डर लें', counter_only_why: 'ऑनलाइन का कोई वादा यहाँ बाकी नहीं। जो रुका है, संपर्क लौटते ही खुद जाएगा।',
    do_count_shelves: 'शेल्फ़ गिनें', count_shelves_why: 'हब के यह बताते ही कि उसने क्या बेचा, गिना हुआ सामान बिकता है।', do_switch_off: 'इस मशीन को बंद करें', switch_off_why: 'अब दूसरी मशीन स्टोर है; इसने जो भेजा वह सब उसके पास है।',
    minutes: 'इंटरनेट बंद, मिनट', promised: 'ऑनलाइन ऑर्डर जिनका वादा बाकी', quota: 'नग जो हब अभी बेच सकता है', facts: 'सूचनाएँ जो नहीं गईं', oldest: 'सबसे पुरानी {time}', records: 'लॉग के {n|# रिकॉर्ड|# रिकॉर्ड}', rows: 'बही और तापमान की {n|# पंक्ति|# पंक्तियाँ}', disk: 'इस मशीन पर रखा, MB', disk_max: '{n} तक की योजना; कुछ हटाया नहीं जाता', catalogue: 'हब की सूची', catalogue_of: '{n|# सामान|# सामान}, {age}', catalogue_none: 'हब ने अभी कुछ नहीं बताया: स्टोर की अपनी फ़ाइल चलती है',
    promised_title: 'वादा बाकी', promised_none: 'कोई ऑनलाइन ऑर्डर यहाँ नहीं रुका', promised_none_hint: 'कटने से पहले हब ने जो बेचा, वह पहुँचते ही यहाँ दिखेगा।', left: '{time} बाकी', late_by: '{time} देर', more: 'और {n} बोर्ड पर',
    groups_title: 'हब अभी बेच सकता है', groups_hint: 'ये नग उसके लिए शेल्फ़ पर रहते हैं: काउंटर इन्हें नहीं बेचता।', groups_none: 'हब के पास कोई हक़ नहीं', groups_none_hint: 'शेल्फ़ पर जो है, सब काउंटर का है।', products: '{n|# सामान|# सामान}', units: '{n|# नग|# नग}',
    aside_n: '{n|# रिकॉर्ड अलग रखा गया|# रिकॉर्ड अलग रखे गए}', aside_hint: 'ये काम में नहीं लिए जा सके। बाकी सब चलता रहा।', aside_none: 'कुछ अलग नहीं रखा गया', from_hub: 'हब का रिकॉर्ड {n}', from_here: 'इस स्टोर की सूचना {n}',
    s_placed: 'आया', s_confirmed: 'उठाना है', s_picking: 'उठ रहा है', s_packed: 'पैक',
  },
);
export const l = translator(LINK);
