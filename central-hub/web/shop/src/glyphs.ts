// A pictogram and a tint for every outermost category. No photos exist; these are drawn here. The tint only groups, it means
// nothing by itself: the name always stands beside it.

import { outermost } from '@larder/shared/categories.ts';

export type Glyph = { hue: number; path: string };

/** Strokes on a field of 24 by 24. */
export const GLYPHS: Record<string, Glyph> = {
  'Dairy & Eggs': { hue: 235, path: 'M9 3h6M9.5 3v3.2L7 10v9.5A1.5 1.5 0 0 0 8.5 21h7a1.5 1.5 0 0 0 1.5-1.5V10l-2.5-3.8V3M7 13.5c1.7-1.3 3.3 1.3 5 0s3.3-1.3 5 0' },
  'Fruits & Vegetables': { hue: 140, path: 'M12 8c-2-2.2-7-1.5-7 4 0 4.5 3 9 5 9 .8 0 1.2-.5 2-.5s1.2.5 2 .5c2 0 5-4.5 5-9 0-5.5-5-6.2-7-4zM12 8c0-2 .5-4 2.5-5M12 6C10.5 4 9 3.5 7.5 3.5 7.8 5.5 9.5 6.5 12 6z' },
  'Staples': { hue: 85, path: 'M12 21V9M12 9c-2 0-3-1.5-3-3.5C11 5.5 12 7 12 9c0-2 1-3.5 3-3.5C15 7.5 14 9 12 9zM12 14c-2.5 0-4-1.5-4-4 2.5 0 4 1.5 4 4zM12 14c2.5 0 4-1.5 4-4-2.5 0-4 1.5-4 4zM12 19c-2.5 0-4-1.5-4-4 2.5 0 4 1.5 4 4zM12 19c2.5 0 4-1.5 4-4-2.5 0-4 1.5-4 4zM12 6c-1-1-1-2 0-3.5 1 1.5 1 2.5 0 3.5z' },
  'Masala & Spices': { hue: 35, path: 'M15 7c1.5 6-2 12.5-10 13.5C10 17.5 9 12 11 8.5 12 6.7 14.3 5.5 15 7zM14 6.5c.3-1.8 1.3-3 3.5-3.5M11.5 8c1-1.8 3.2-2.3 4.5-.5' },
  'Oil & Ghee': { hue: 95, path: 'M12 3c3.5 4.5 6 7.6 6 11a6 6 0 0 1-12 0c0-3.4 2.5-6.5 6-11zM9 14.5a3 3 0 0 0 3 3' },
  'Dry Fruits & Seeds': { hue: 60, path: 'M17.5 4.5c3 4-1 12.5-6 14.5-3 1.2-6-.5-6.5-3.5C4 10 11.5 3 17.5 4.5zM7.5 17C9.5 12 12.5 8.5 15.5 6.5M9 19c2.5-2.5 5-6.5 6.5-10.5' },
  'Snacks': { hue: 50, path: 'M6 3.5c1 .7 2 .7 3 0 1 .7 2 .7 3 0 1 .7 2 .7 3 0 1 .7 2 .7 3 0l-1 4 .8 4-.8 4.5 1 4.5c-1-.7-2-.7-3 0-1-.7-2-.7-3 0-1-.7-2-.7-3 0-1-.7-2-.7-3 0l1-4.5L6.2 12 7 7.5zM10 10.5c2-1 3.5-.5 4.5.5-1 2.5-3.5 3.5-5.5 2.5 0-1.2.3-2.2 1-3z' },
  'Sweets & Chocolates': { hue: 340, path: 'M8.5 12a3.5 3.5 0 1 1 7 0 3.5 3.5 0 0 1-7 0zM8.8 10.5 4 8.5v7l4.8-2M15.2 10.5 20 8.5v7l-4.8-2M10.5 9.2l3 5.6' },
  'Beverages': { hue: 205, path: 'M6.5 8h11l-1.2 12a1 1 0 0 1-1 1H8.7a1 1 0 0 1-1-1zM12 8l1.5-5H17M7 12.5h10' },
  'Tea, Coffee & Health Drinks': { hue: 45, path: 'M5 10h11v5.5A4.5 4.5 0 0 1 11.5 20h-2A4.5 4.5 0 0 1 5 15.5zM16 11.5h1.5a2.5 2.5 0 0 1 0 5H16M8.5 3.5c-1 1.2 1 2 0 3.5M12.5 3.5c-1 1.2 1 2 0 3.5' },
  'Bakery': { hue: 70, path: 'M6 11.5A3.5 3.5 0 0 1 6.5 5h11a3.5 3.5 0 0 1 .5 6.5V19a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1zM10 9.5v3M14 9.5v3' },
  'Breakfast & Spreads': { hue: 75, path: 'M8 6.5h8v2l1.5 2V19a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2v-8.5L8 8.5zM7.5 3.5h9v3h-9zM6.5 13h11v4.5h-11' },
  'Instant Food': { hue: 25, path: 'M4 12h16c0 4-2.5 6.5-5 7.5V21H9v-1.5C6.5 18.5 4 16 4 12zM8 12V6M11 12V6M6 8.5 19 4.5M6 6l13-3.5' },
  'Sauces & Pickles': { hue: 20, path: 'M10.5 3h3v4l2 2.5V19a2 2 0 0 1-2 2h-3a2 2 0 0 1-2-2V9.5l2-2.5zM8.5 12.5h7v4h-7' },
  'Frozen & Ice Cream': { hue: 220, path: 'M12 3v18M4.2 7.5l15.6 9M19.8 7.5l-15.6 9M9.5 4.5 12 7l2.5-2.5M9.5 19.5 12 17l2.5 2.5M4.5 11l3.3-1-.8-3.3M19.5 13l-3.3 1 .8 3.3M4.5 13l3.3 1-.8 3.3M19.5 11l-3.3-1 .8-3.3' },
  'Meat & Seafood': { hue: 10, path: 'M3 12c3-5 9-6.5 13.5-2.5L20.5 6v12l-4-3.5C12 18.5 6 17 3 12zM8 11.2v.1M11.5 9c1 2 1 4 0 6' },
  'Baby Care': { hue: 320, path: 'M8 10h8v9a2 2 0 0 1-2 2h-4a2 2 0 0 1-2-2zM7.5 7.5h9V10h-9zM9.5 7.5C9.5 5 10.8 5 11 3h2c.2 2 1.5 2 1.5 4.5M8 13.5h3M8 16.5h3' },
  'Personal Care': { hue: 295, path: 'M8 10.5h8l1 2V19a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2v-6.5zM10 10.5V7.5h4v3M12 7.5V4M12 4h4.5c.8 0 1.3.8 1.3 1.8M9.5 15h5' },
  'Household': { hue: 180, path: 'M9 9.5h5.5L16 13v6.5a1.5 1.5 0 0 1-1.5 1.5H8.5A1.5 1.5 0 0 1 7 19.5V13zM9.5 9.5V6h-2C7.5 4.3 8.6 3 10.5 3H15v3h-1v3.5M17.5 3.5h2M17.5 5.5l1.8 1' },
  'Pet Care': { hue: 40, path: 'M12 12c2.5 0 5 3.3 5 5.8 0 1.7-1.3 2.7-2.8 2.2-1.5-.5-2.9-.5-4.4 0-1.5.5-2.8-.5-2.8-2.2 0-2.5 2.5-5.8 5-5.8zM9 4.5a1.7 2.2 0 1 0 0 4.4 1.7 2.2 0 1 0 0-4.4zM15 4.5a1.7 2.2 0 1 0 0 4.4 1.7 2.2 0 1 0 0-4.4zM5 9.5a1.5 2 0 1 0 0 4 1.5 2 0 1 0 0-4zM19 9.5a1.5 2 0 1 0 0 4 1.5 2 0 1 0 0-4z' },
  'Puja Needs': { hue: 55, path: 'M4 13.5h16c-.5 4-3.7 6.5-8 6.5s-7.5-2.5-8-6.5zM12 13.5c-2-1.3-2.6-3.2-1.7-5.2C11 6.7 12 5.5 12 3.5c2.5 2.3 3.2 4.4 2.5 6.7-.4 1.5-1.3 2.6-2.5 3.3z' },
  'Stationery': { hue: 250, path: 'm5 19 1-4L16.5 4.5a1.8 1.8 0 0 1 2.6 0l.4.4a1.8 1.8 0 0 1 0 2.6L9 18zM14.5 6.5l3 3M4 21.5h16' },
  'Health & Wellness': { hue: 165, path: 'M4.5 13.5a4.6 4.6 0 0 1 0-6.5l2.5-2.5a4.6 4.6 0 0 1 6.5 0l6 6a4.6 4.6 0 0 1-6.5 9l-2.5-2zM4.5 13.5l6 6M9 10l5.5 5.5M8 10.5l4.5-4.5' },
};
const OTHER: Glyph = { hue: 120, path: 'M4.5 8.5h15V19a1.5 1.5 0 0 1-1.5 1.5H6A1.5 1.5 0 0 1 4.5 19zM4.5 8.5 7 4h10l2.5 4.5M9.5 12h5' };

/** The glyph of a category path; the outermost name decides. */
export function glyph(category: string): Glyph {
  return GLYPHS[outermost(category)] ?? OTHER;
}
