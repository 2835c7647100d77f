export { buildIndex } from './build-index.js';
export type { BuildIndexOptions } from './build-index.js';
export { openImage } from './open-any.js';
export type { OpenImageOptions } from './open-any.js';
export { OpenedImage, openImageFrom } from './open-image.js';
export { openMemory } from './open-memory.js';
export type { ImageMemory, MapOrigin, OpenMemoryOptions } from './open-memory.js';
export { openSource } from './open-source.js';
export type { OpenSourceOptions, WebReference } from './web-source.js';
