/**
 * All pieces of a vocabulary as a trie over UTF-16 code units, kept in one open-addressing hash table:
 * an edge is (parent, code unit), and the slot of an edge is the number of the node it leads to.
 */

/** Read through `childOf`; `pieceIds` says which piece ends at a node. */
export interface PieceTrie {
  readonly root: number;
  /** Parent node of the edge in each slot; -1 for an empty slot. */
  readonly parents: Int32Array;
  readonly codeUnits: Uint16Array;
  /** Id of the piece that ends at the node of each slot, or -1. */
  readonly pieceIds: Int32Array;
}

/** Builds the trie; where a piece occurs twice the later id holds. */
export function makePieceTrie(pieces: readonly string[]): PieceTrie {
  const edgeLimit = pieces.reduce((sum, piece) => sum + piece.length, 1);
  const capacity = 2 ** Math.ceil(Math.log2(edgeLimit * 1.5));
  const trie: PieceTrie = {
    root: capacity,
    parents: new Int32Array(capacity).fill(-1),
    codeUnits: new Uint16Array(capacity),
    pieceIds: new Int32Array(capacity).fill(-1),
  };
  pieces.forEach((piece, id) => {
    let node = trie.root;
    for (let i = 0; i < piece.length; i++) {
      const codeUnit = piece.charCodeAt(i);
      const slot = slotOf(trie, node, codeUnit);
      trie.parents[slot] = node;
      trie.codeUnits[slot] = codeUnit;
      node = slot;
    }
    if (node !== trie.root) trie.pieceIds[node] = id;
  });
  return trie;
}

/** The node one code unit further down, or -1. */
export function childOf(trie: PieceTrie, node: number, codeUnit: number): number {
  const slot = slotOf(trie, node, codeUnit);
  return trie.parents[slot] === node ? slot : -1;
}

/** Id of the piece that is exactly units[from..to), or -1. */
export function findPiece(trie: PieceTrie, units: Uint16Array, from: number, to: number): number {
  let node = trie.root;
  for (let i = from; i < to; i++) {
    node = childOf(trie, node, units[i]!);
    if (node < 0) return -1;
  }
  return node === trie.root ? -1 : trie.pieceIds[node]!;
}

/** The slot that holds the edge, or the empty one where it would go. */
function slotOf(trie: PieceTrie, node: number, codeUnit: number): number {
  const { parents, codeUnits } = trie;
  const mask = parents.length - 1;
  let hash = Math.imul(node ^ Math.imul(codeUnit, 0x85ebca6b), 0x9e3779b1);
  hash ^= hash >>> 15;
  let slot = hash & mask;
  while (parents[slot] !== -1 && (parents[slot] !== node || codeUnits[slot] !== codeUnit)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}
