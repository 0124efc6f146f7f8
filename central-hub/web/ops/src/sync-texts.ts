// The words of links and replication, English and Hindi.
import { pack, translator } from '@larder/shared/i18n.svelte.ts';

export const SYNC = pack(
  {
    tab_city: 'City', tab_sync: 'Links and rights', sections: 'Sections', title: 'Links and rights', generation: 'hub generation {n}',
    up: 'link up', down: 'link down', heard: 'Heard', never: 'never', lag: 'Waiting for it', lag_hint: '{n|# record|# records} not acknowledged', in_step: 'in step', facts: '{n|# fact|# facts} not yet in a record', received: 'Its log is here up to {n}',
    rights: 'Units to sell', epoch: 'epoch {n}', blocked: 'Blocked rights', blocked_units: '{n|# unit|# units} of epoch {epoch}, generation {generation}', blocked_todo: 'Nobody sells these. Close them with the recovered order log, by two people, within a day.', blocked_none: 'none',
    quarantine: 'Quarantine', quarantine_n: '{n|# change|# changes} set aside', quarantine_none: 'Nothing was set aside', quarantine_none_hint: 'A change that cannot be true is kept here with its reason; the rest goes on.', in_doc: 'in {doc}, number {n} of its log',
    as_of: 'as of {age}', oldest: 'oldest word: {store}, {age}', hub_own: 'the hub’s own count',
    backup: 'Newest backup', backup_none: 'none', backup_unheard: 'nothing was heard of this store yet', backup_no_key: 'none has come: at the store, store-node backup enrol makes the recovery key', backup_broken: 'not readable', backup_earlier: 'the newest file is broken; one before it reads: {age}', backup_no_other: 'no file here reads: look at the hub’s disk; the store sends the next one by itself', backup_hint: 'what a dead machine would lose',
    restored: 'This hub was restored', restored_means: 'What it sold after its backup may be missing here. Until that is back and two people have said so, the rights of its former life stay blocked.', bring: 'Bring back the orders it has forgotten', bring_hint: 'A file with the orders of the gateway’s and the notifications’ logs, as JSON. Orders that are here already stay as they are.', bring_go: 'Choose the file', brought: '{n|# order|# orders} brought back, {known} known already', not_orders: 'That file is not readable as JSON. Nothing was changed.',
    say: '{n} of {needed} people say that every order is here', say_hint: 'Compare with the gateway’s log first. It cannot be taken back.', say_another: 'You have said so. Somebody else has to look, too.', say_go: 'Every order is here', say_sure: 'Yes, I have compared', said_one: '{n} of {needed} have said so: somebody else has to, too', closed: 'Closed: the rights of the former life are freed',
    shelf: 'Shelf', shelf_find: 'Find a product or SKU', shelf_none: 'Nothing of the shelf was heard yet', shelf_nothing: 'Nothing matches', shelf_more: '{shown} of {n}, what is nearly gone first', shelf_units: 'on the shelf, free', shelf_gone: 'sold out', shelf_unknown: 'not in the hub’s catalogue',
  },
  {
    tab_city: 'शहर', tab_sync: 'लिंक और हक़', sections: 'भाग', title: 'लिंक और हक़', generation: 'हब की पीढ़ी {n}',
    up: 'लिंक चालू', down: 'लिंक बंद', heard: 'ख़बर', never: 'कभी नहीं', lag: 'इसके लिए रुके', lag_hint: '{n|# रिकॉर्ड|# रिकॉर्ड} की पावती बाकी', in_step: 'साथ-साथ', facts: '{n|# सूचना|# सूचनाएँ} अभी रिकॉर्ड में नहीं', received: 'इसका लॉग यहाँ {n} तक है',
    rights: 'बेचने को नग', epoch: 'युग {n}', blocked: 'रोके हुए हक़', blocked_units: 'युग {epoch}, पीढ़ी {generation} के {n|# नग|# नग}', blocked_todo: 'इन्हें कोई नहीं बेचता। लौटाए गए ऑर्डर लॉग से, दो लोग मिलकर, एक दिन में बंद करें।', blocked_none: 'कोई नहीं',
    quarantine: 'अलग रखे', quarantine_n: '{n|# बदलाव अलग रखा|# बदलाव अलग रखे}', quarantine_none: 'कुछ अलग नहीं रखा गया', quarantine_none_hint: 'जो सच नहीं हो सकता वह कारण के साथ यहाँ रहता है; बाकी चलता रहता है।', in_doc: '{doc} में, इसके लॉग का नंबर {n}',
    as_of: '{age} तक की जानकारी', oldest: 'सबसे पुरानी ख़बर: {store}, {age}', hub_own: 'हब की अपनी गिनती',
    backup: 'सबसे नया बैकअप', backup_none: 'कोई नहीं', backup_unheard: 'इस स्टोर की ख़बर अभी तक नहीं आई', backup_no_key: 'कोई आया नहीं: स्टोर पर store-node backup enrol से वापसी की चाबी बनाएँ', backup_broken: 'पढ़ा नहीं जाता', backup_earlier: 'सबसे नई फ़ाइल टूटी है; उससे पहले की पढ़ी जाती है: {age}', backup_no_other: 'यहाँ कोई फ़ाइल पढ़ी नहीं जाती: हब की डिस्क देखें; स्टोर अगली खुद भेजता है', backup_hint: 'मशीन बंद हो जाए तो इतना खोएगा',
    restored: 'यह हब बैकअप से लौटाया गया', restored_means: 'बैकअप के बाद जो बिका वह यहाँ शायद न हो। जब तक वह लौट न आए और दो लोग कह न दें, पिछले जीवन के हक़ रोके रहेंगे।', bring: 'भूले हुए ऑर्डर लौटाएँ', bring_hint: 'भुगतान और संदेशों के लॉग के ऑर्डरों की JSON फ़ाइल। जो ऑर्डर यहाँ हैं वे वैसे ही रहते हैं।', bring_go: 'फ़ाइल चुनें', brought: '{n|# ऑर्डर लौटा|# ऑर्डर लौटे}, {known} पहले से थे', not_orders: 'यह फ़ाइल JSON की तरह पढ़ी नहीं जा सकी। कुछ बदला नहीं।',
    say: '{needed} में से {n} लोग कहते हैं कि हर ऑर्डर यहाँ है', say_hint: 'पहले भुगतान के लॉग से मिलाएँ। यह वापस नहीं लिया जा सकता।', say_another: 'आप कह चुके। किसी और को भी देखना होगा।', say_go: 'हर ऑर्डर यहाँ है', say_sure: 'हाँ, मैंने मिला लिया', said_one: '{needed} में से {n} ने कहा: किसी और को भी कहना होगा', closed: 'बंद हुआ: पिछले जीवन के हक़ छूट गए',
    shelf: 'शेल्फ़', shelf_find: 'सामान या SKU खोजें', shelf_none: 'शेल्फ़ की ख़बर अभी नहीं आई', shelf_nothing: 'कुछ नहीं मिला', shelf_more: '{n} में से {shown}, जो ख़त्म होने को है वह पहले', shelf_units: 'शेल्फ़ पर, ख़ाली', shelf_gone: 'ख़त्म', shelf_unknown: 'हब की सूची में नहीं',
  },
);
export const s = translator(SYNC);
