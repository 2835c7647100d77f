/** Records that the grammar can go on from, in its order. */
export const STAGES = [
  'HEAD_ARCH',
  'TREE',
  'TASK',
  'MM',
  'VMA',
  'MM_CONTEXT',
  'FILES',
  'THREAD',
  'CPU',
  'TAIL',
] as const;

export type Stage = (typeof STAGES)[number];
