// Epochs and generations as people say them. On the wire each is one number in which a hub's restores and a count share the
// bits (sync/model/src/quota.rs): 1572864 is nothing that one reads out over a telephone.

const TAG_BITS = 20;
const COUNT_BITS = 16;

/** The hub's generation: which life it is, and, after a restore, the letters that tell two lives of one backup apart. */
export function generationName(generation: number): string {
  const tag = generation & ((1 << TAG_BITS) - 1);
  const restores = generation >>> TAG_BITS;
  return restores === 0 ? `${generation}` : `${restores + 1}-${tag.toString(36).toUpperCase().padStart(4, '0')}`;
}

/** A store's epoch: its count, and before it the hub's life that minted it, where that was not the first. */
export function epochName(epoch: number): string {
  const restores = epoch >>> COUNT_BITS;
  return restores === 0 ? `${epoch}` : `${restores + 1}.${epoch & ((1 << COUNT_BITS) - 1)}`;
}
