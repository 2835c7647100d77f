export { convertImage, type Conversion, type ConvertOptions } from './convert.js';
