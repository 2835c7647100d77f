export { captureProcess, type CaptureOptions } from './capture.js';
export type { CaptureStats, KindStats, LeftOutStats } from './capture-stats.js';
export type { ContentsOptions } from './contents-policy.js';
export { kindsFromRules } from './kind-rules.js';
export type { OwnKind } from './own-kind.js';
export { ProcessMemory } from './memory.js';
export { ProcessImage } from './process-image.js';
export { defaultPauseBudget, type PauseBudget } from './pause-budget.js';
