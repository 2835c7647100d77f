export { captureProcess, type CaptureOptions } from './capture.js';
export { captureTree, type CaptureTreeOptions } from './tree.js';
export { TreeImage } from './tree-image.js';
export type { CaptureStats, KindStats } from './capture-stats.js';
export { ProcessMemory } from './memory.js';
export { ProcessImage } from './process-image.js';
export { defaultPauseBudget, type PauseBudget } from './pause-budget.js';
