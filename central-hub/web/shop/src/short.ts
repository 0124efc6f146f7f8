// Which lines of a basket a refusal means. Pure: the hub names the SKU in the particulars; where it names none, the
// availability that came with the basket tells.

import type { CartLine } from '@larder/shared/types/hub.ts';
import type { Problem } from '@larder/shared/types/words.ts';

export function short(problem: Problem, lines: readonly CartLine[]): CartLine[] {
  const named = lines.filter((line) => problem.detail.includes(line.product.sku) || problem.detail.includes(line.product.name));
  return named.length > 0 ? named : lines.filter((line) => line.product.available < line.qty);
}
