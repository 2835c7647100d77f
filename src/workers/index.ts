export { startCrew } from './crew.js';
export type { StartCrewOptions } from './crew.js';
