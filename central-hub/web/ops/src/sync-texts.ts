// The words of links and replication, English and Hindi.
import { pack, translator } from '@larder/shared/i18n.svelte.ts';

export const SYNC = pack(
  {
    tab_city: 'City', tab_sync: 'Links and rights', sections: 'Sections', title: 'Links and rights', generation: 'hub generation {n}',
    up: 'link up', down: 'link down', heard: 'Heard', never: 'never', lag: 'Waiting for it', lag_hint: '{n|# record|# records} not acknowledged', in_step: 'in step', facts: '{n|# fact|# facts} not yet in a record', received: 'Its log is here up to {n}',
    rights: 'Units to sell', epoch: 'epoch {n}', blocked: 'Blocked rights', blocked_units: '{n|# unit|# units} of epoch {epoch}, generation {generation}', blocked_todo: 'Nobody sells these. Close them with the recovered order log, by two people, within a day.', blocked_none: 'none',
    quarantine: 'Quarantine', quarantine_n: '{n|# change|# changes} set aside', quarantine_none: 'Nothing was set aside', quarantine_none_hint: 'A change that cannot be true is kept here with its reason; the rest goes on.', in_doc: 'in {doc}, number {n} of its log',
    as_of: 'as of {age}', oldest: 'oldest word: {store}, {age}', hub_own: 'the hub’s own count',
  },
  {
    tab_city: 'शहर', tab_sync: 'लिंक और हक़', sections: 'भाग', title: 'लिंक और हक़', generation: 'हब की पीढ़ी {n}',
    up: 'लिंक चालू', down: 'लिंक बंद', heard: 'ख़बर', never: 'कभी नहीं', lag: 'इसके लिए रुके', lag_hint: '{n|# रिकॉर्ड|# रिकॉर्ड} की पावती बाकी', in_step: 'साथ-साथ', facts: '{n|# सूचना|# सूचनाएँ} अभी रिकॉर्ड में नहीं', received: 'इसका लॉग यहाँ {n} तक है',
    rights: 'बेचने को नग', epoch: 'युग {n}', blocked: 'रोके हुए हक़', blocked_units: 'युग {epoch}, पीढ़ी {generation} के {n|# नग|# नग}', blocked_todo: 'इन्हें कोई नहीं बेचता। लौटाए गए ऑर्डर लॉग से, दो लोग मिलकर, एक दिन में बंद करें।', blocked_none: 'कोई नहीं',
    quarantine: 'अलग रखे', quarantine_n: '{n|# बदलाव अलग रखा|# बदलाव अलग रखे}', quarantine_none: 'कुछ अलग नहीं रखा गया', quarantine_none_hint: 'जो सच नहीं हो सकता वह कारण के साथ यहाँ रहता है; बाकी चलता रहता है।', in_doc: '{doc} में, इसके लॉग का नंबर {n}',
    as_of: '{age} तक की जानकारी', oldest: 'सबसे पुरानी ख़बर: {store}, {age}', hub_own: 'हब की अपनी गिनती',
  },
);
export const s = translator(SYNC);
