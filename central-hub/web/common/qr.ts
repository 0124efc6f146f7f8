// A QR code as the path of an SVG, drawn here: nothing is asked from a server.

import { encode } from 'uqr';

/** Side in modules (with a quiet zone of four) and the path of its dark modules. */
export function qrPath(text: string): { size: number; path: string } {
  const { data, size } = encode(text, { ecc: 'M', border: 4 });
  const path = data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join('')).join('');
  return { size, path };
}
