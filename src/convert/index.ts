export { convertImage, type Conversion, type ConvertOptions } from './convert.js';
export { salvageImage, type Salvage, type SalvageOptions } from './salvage.js';
