// What the console's own commands may be refused for, beside what every surface knows.
import type { PROBLEMS } from '@larder/shared/words.ts';

export const MORE: typeof PROBLEMS = {
  en: {
    out_of_stock: { title: 'Not enough in stock', hint: 'Take fewer, or another product.' },
    already_done: { title: 'That is decided already', hint: 'Look at it again.' },
    wrong_bags: { title: 'Not the bags of this order', hint: 'Scan every bag of this order and no other.' },
    wrong_rider: { title: 'Another rider was chosen', hint: 'Give it to that rider, or let the hub choose anew.' },
    stock_conflict: { title: 'The stock has changed', hint: 'Look again; if it stays, recount the bin.' },
    forbidden: { title: 'Not for your role', hint: 'Ask the manager.' },
  },
  hi: {
    out_of_stock: { title: 'स्टॉक कम है', hint: 'कम लें, या दूसरा सामान लें।' },
    already_done: { title: 'यह पहले ही तय हो चुका है', hint: 'फिर देखें।' },
    wrong_bags: { title: 'इस ऑर्डर के बैग नहीं', hint: 'इस ऑर्डर का हर बैग स्कैन करें, और कोई नहीं।' },
    wrong_rider: { title: 'दूसरा राइडर चुना गया है', hint: 'उसी राइडर को दें, या हब को फिर चुनने दें।' },
    stock_conflict: { title: 'स्टॉक बदल गया है', hint: 'फिर देखें; न बदले तो बिन दोबारा गिनें।' },
    forbidden: { title: 'आपकी भूमिका के लिए नहीं', hint: 'मैनेजर से पूछें।' },
  },
};
