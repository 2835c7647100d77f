export { captureProcess, type CaptureOptions } from './capture.js';
export type { CaptureStats, KindStats } from './capture-stats.js';
export { ProcessMemory } from './memory.js';
export { ProcessImage } from './process-image.js';
export { defaultPauseBudget, type PauseBudget } from './pause-budget.js';
export type { PreCopyOptions, PreCopyRound, PreCopyStats } from './precopy.js';
export type { ParentImage, TrackOptions, TrackingStats } from './tracking/tracking.js';
export type { TrackWish } from './tracking/choose.js';
