// The rider's words, English and Hindi. Few and large: read at a glance, with gloves, in the sun. No countdown is here.
import { pack, translator } from '@larder/shared/i18n.svelte.ts';

export const TEXTS = pack(
  {
    starting: 'One moment…', who: 'Log in, rider', who_hint: 'With the phone number the city office knows.', not_rider: 'This number is not a rider’s', not_rider_hint: 'Ask the city office, or use another number.', logout: 'Log out',
    live: 'Online', offline: 'No signal', kept: '{n|# proof kept|# proofs kept}',
    off: 'You are off', start: 'Start my shift', until: 'Until', hours: '{n} h', starting_shift: 'Starting…', no_place: 'Your phone does not say where you are', no_place_hint: 'Allow the location for this page, then try again.', end: 'End my shift',
    wait: 'Wait near the store', wait_hint: 'The next order opens here by itself. Ride safely: nobody counts the seconds.', today: 'Delivered today', cash: 'Cash with you',
    collect: 'Collect at', order: 'Order {number}', ready: 'Ready at the bay: show your badge', not_ready: 'Being packed. Show your badge at the bay when you arrive.', badge: 'Your badge, {code}', have_bags: 'I have the bags', also: 'Also on this way: {numbers}', then: 'After it: {numbers}', maps: 'Navigate', far: '{far} to ride',
    deliver: 'Bring it to', for: 'for {name}', bags: '{n|# bag|# bags}', all_bags: 'All bags', take: 'Take {money} in cash', take_label: 'Take the cash that the bag’s label says, at most {money}', label_says: 'Rupees on the label', label_most: 'Type the amount as the label says it, at most {money}.', paid: 'Paid already: take nothing', at_door: 'I am at the door', code_of: 'Code of {name}', code_hint: 'The four digits on the customer’s screen.', took: 'I took {money}',
    hand_over: 'Handed over', sending: 'Sending…', erase: 'Erase', map: 'Map of your way', customer: 'the customer',
    kept_title: 'Kept on this phone', kept_hint: 'No signal: the proof of {number} is sent by itself as soon as there is one. You can go on.', wrong_title: '{number}: that was not the code', wrong_hint: 'Ask the customer again and type it once more.', refused_title: '{number}: not accepted', ok: 'Understood', done: '{number} delivered',
    gone_title: '{number} goes to another rider', gone_shift_over: 'Your shift is over.', gone_silent: 'Your phone was silent for minutes.', gone_away: 'You have left with the other bags.', gone_better: 'Somebody free is much nearer.', gone_taken: 'The other rider has the bags already.', gone_hint: 'Do you hold its bags? Then it comes back here in a moment.',
  },
  {
    starting: 'एक पल…', who: 'राइडर लॉगिन', who_hint: 'वही फ़ोन नंबर जो शहर दफ़्तर को पता है।', not_rider: 'यह नंबर किसी राइडर का नहीं', not_rider_hint: 'शहर दफ़्तर से पूछें, या दूसरा नंबर लगाएँ।', logout: 'लॉग आउट',
    live: 'ऑनलाइन', offline: 'सिग्नल नहीं', kept: '{n|# प्रमाण रखा|# प्रमाण रखे}',
    off: 'आपकी छुट्टी है', start: 'शिफ़्ट शुरू करें', until: 'कब तक', hours: '{n} घंटे', starting_shift: 'शुरू हो रही है…', no_place: 'फ़ोन आपकी जगह नहीं बता रहा', no_place_hint: 'इस पेज को लोकेशन की अनुमति दें, फिर कोशिश करें।', end: 'शिफ़्ट ख़त्म करें',
    wait: 'स्टोर के पास रुकें', wait_hint: 'अगला ऑर्डर यहाँ खुद खुलेगा। आराम से चलाएँ: कोई सेकंड नहीं गिन रहा।', today: 'आज पहुँचाए', cash: 'आपके पास नकद',
    collect: 'यहाँ से उठाएँ', order: 'ऑर्डर {number}', ready: 'बे पर तैयार: बैज दिखाएँ', not_ready: 'पैक हो रहा है। पहुँचकर बे पर बैज दिखाएँ।', badge: 'आपका बैज, {code}', have_bags: 'बैग मेरे पास हैं', also: 'इसी रास्ते पर: {numbers}', then: 'इसके बाद: {numbers}', maps: 'रास्ता दिखाएँ', far: '{far} जाना है',
    deliver: 'यहाँ पहुँचाएँ', for: '{name} के लिए', bags: '{n|# बैग|# बैग}', all_bags: 'सारे बैग', take: '{money} नकद लें', take_label: 'बैग के लेबल पर लिखी रकम लें, ज़्यादा से ज़्यादा {money}', label_says: 'लेबल पर रुपये', label_most: 'लेबल पर जो लिखा है वही लिखें, ज़्यादा से ज़्यादा {money}।', paid: 'भुगतान हो चुका: कुछ न लें', at_door: 'मैं दरवाज़े पर हूँ', code_of: '{name} का कोड', code_hint: 'ग्राहक की स्क्रीन के चार अंक।', took: '{money} ले लिए',
    hand_over: 'दे दिया', sending: 'भेज रहे हैं…', erase: 'मिटाएँ', map: 'आपके रास्ते का नक्शा', customer: 'ग्राहक',
    kept_title: 'इस फ़ोन पर रखा', kept_hint: 'सिग्नल नहीं: {number} का प्रमाण सिग्नल आते ही खुद जाएगा। आप आगे बढ़ें।', wrong_title: '{number}: कोड सही नहीं था', wrong_hint: 'ग्राहक से फिर पूछकर दोबारा लिखें।', refused_title: '{number}: स्वीकार नहीं हुआ', ok: 'समझ गया', done: '{number} पहुँचा दिया',
    gone_title: '{number} दूसरा राइडर ले जाएगा', gone_shift_over: 'आपकी शिफ़्ट ख़त्म हो गई।', gone_silent: 'आपका फ़ोन कई मिनट चुप रहा।', gone_away: 'आप बाकी बैग लेकर निकल चुके हैं।', gone_better: 'एक खाली राइडर बहुत पास है।', gone_taken: 'बैग दूसरे राइडर के पास हैं।', gone_hint: 'बैग आपके हाथ में हैं? तो यह अभी यहाँ लौट आएगा।',
  },
);
export const t = translator(TEXTS);
