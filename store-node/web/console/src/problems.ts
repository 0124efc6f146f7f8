// What the console's own commands may be refused for, beside what every surface knows.
import { HTTP_PROBLEMS } from '@larder/shared/words-http.ts';
import type { PROBLEMS } from '@larder/shared/words.ts';

export const MORE: typeof PROBLEMS = {
  en: {
    ...HTTP_PROBLEMS.en,
    out_of_stock: { title: 'Not enough in stock', hint: 'Take fewer, or another product.' },
    wrong_bags: { title: 'Not the bags of this order', hint: 'Scan every bag of this order and no other.' },
    stock_conflict: { title: 'The stock has changed', hint: 'Look again; if it stays, recount the bin.' },
    fenced: { title: 'The store is fenced', detail: '{what}', hint: 'Count it on the count screen; products open one by one once the hub has answered.' },
    order_unknown: { title: 'Nobody knows how this order ended', detail: '{number}', hint: 'A manager looks at the bay and decides.' },
    two_hubs: { title: 'Two hubs call themselves this store’s', detail: '{known}, {other}', hint: 'Operations restore the other hub once more, so that it takes a generation of its own.' },
    forbidden: { title: 'Not for your role', hint: 'Ask the manager.' },
    id_reused: { title: 'This was sent before with another content', hint: 'Load the page again and repeat it.' },
    other_content: { title: 'The order came with another content before', hint: 'Look at both and decide.' },
    unknown_printer: { title: 'No printer for this', hint: 'Plug one in, or write the code by hand.' },
    wrong_temperature: { title: 'That place cannot keep such goods', hint: 'Choose a place of the right temperature.' },
  },
  hi: {
    ...HTTP_PROBLEMS.hi,
    out_of_stock: { title: 'स्टॉक कम है', detail: '{lacking}', hint: 'कम लें, या दूसरा सामान लें।' },
    wrong_bags: { title: 'इस ऑर्डर के बैग नहीं', detail: '{missing}', hint: 'इस ऑर्डर का हर बैग स्कैन करें, और कोई नहीं।' },
    stock_conflict: { title: 'स्टॉक बदल गया है', detail: '{sku}, लॉट {lot}, {bin}', hint: 'फिर देखें; न बदले तो बिन दोबारा गिनें।' },
    fenced: { title: 'स्टोर अभी बंद रखा गया है', detail: '{what}', hint: 'गिनती वाले पेज पर गिनें; हब का जवाब आने पर सामान एक-एक कर खुलता है।' },
    order_unknown: { title: 'यह ऑर्डर कैसे ख़त्म हुआ, कोई नहीं जानता', detail: '{number}', hint: 'मैनेजर बे देखकर तय करे।' },
    two_hubs: { title: 'दो हब इस स्टोर को अपना कहते हैं', detail: '{known}, {other}', hint: 'संचालन दूसरे हब को एक बार फिर बहाल करे, ताकि उसे अपनी पीढ़ी मिले।' },
    forbidden: { title: 'आपकी भूमिका के लिए नहीं', hint: 'मैनेजर से पूछें।' },
    id_reused: { title: 'यह पहले दूसरी सामग्री के साथ आया था', hint: 'पेज फिर खोलें और दोबारा करें।' },
    other_content: { title: 'यह ऑर्डर पहले दूसरी सामग्री के साथ आया था', hint: 'दोनों देखकर तय करें।' },
    unknown_printer: { title: 'इसके लिए प्रिंटर नहीं', hint: 'प्रिंटर लगाएँ, या कोड हाथ से लिखें।' },
    wrong_temperature: { title: 'वहाँ ऐसा सामान नहीं रखा जा सकता', detail: '{sku} → {bin}', hint: 'सही तापमान वाली जगह चुनें।' },
  },
};
