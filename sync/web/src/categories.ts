// Names of the outermost categories of goods in the person's language; a category that is not here keeps its own name.

import { lang } from './i18n.svelte.ts';

export const CATEGORIES_HI: Readonly<Record<string, string>> = {
  'Dairy & Eggs': 'डेयरी और अंडे',
  'Fruits & Vegetables': 'फल और सब्ज़ियाँ',
  'Staples': 'राशन',
  'Masala & Spices': 'मसाले',
  'Oil & Ghee': 'तेल और घी',
  'Dry Fruits & Seeds': 'मेवे और बीज',
  'Snacks': 'नाश्ता',
  'Sweets & Chocolates': 'मिठाई और चॉकलेट',
  'Beverages': 'पेय',
  'Tea, Coffee & Health Drinks': 'चाय, कॉफी और हेल्थ ड्रिंक',
  'Bakery': 'बेकरी',
  'Breakfast & Spreads': 'नाश्ता सीरियल और स्प्रेड',
  'Instant Food': 'इंस्टेंट फूड',
  'Sauces & Pickles': 'सॉस और अचार',
  'Frozen & Ice Cream': 'फ्रोज़न और आइसक्रीम',
  'Meat & Seafood': 'मांस और मछली',
  'Baby Care': 'बेबी केयर',
  'Personal Care': 'पर्सनल केयर',
  'Household': 'घर की ज़रूरतें',
  'Pet Care': 'पालतू',
  'Puja Needs': 'पूजा सामग्री',
  'Stationery': 'स्टेशनरी',
  'Health & Wellness': 'सेहत',
};

/** `Dairy & Eggs > Milk` is of `Dairy & Eggs`. */
export function outermost(category: string): string {
  return category.split(' > ')[0] ?? category;
}

/** The outermost category's name in the person's language. */
export function categoryName(category: string): string {
  const name = outermost(category);
  return lang() === 'hi' ? (CATEGORIES_HI[name] ?? name) : name;
}
