export { captureProcess, type CaptureOptions } from './capture.js';
export { captureTree, type CaptureTreeOptions } from './tree.js';
export { TreeImage } from './tree-image.js';
export type { CaptureStats, FreezeWay, KindStats } from './capture-stats.js';
export type { FreezeChoice, FreezeMethod } from './freeze-method.js';
export { ProcessMemory } from './memory.js';
export type { PartialCapture } from './partial.js';
export { ProcessImage } from './process-image.js';
export { defaultPauseBudget, type PauseBudget } from './pause-budget.js';
