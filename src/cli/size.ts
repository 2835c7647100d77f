import { UsageError } from '../format/errors.js';

const SIZE = /^(\d+(?:\.\d+)?)\s*([KMGTPE]?)(?:i?B)?$/i;
/** Each stands for 1024 times the one before. */
const PREFIXES = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** Bytes that a text such as `512M`, `1.5GiB` or `4096` means. @throws {UsageError} `BAD_ARGUMENT` */
export function parseSize(text: string, what: string): number {
  const [, number = '', prefix = ''] = SIZE.exec(text) ?? [];
  if (number === '')
    throw new UsageError('BAD_ARGUMENT', { what, expected: 'a size such as 512M or 2GiB', actual: text });
  return Math.floor(Number(number) * 1024 ** PREFIXES.indexOf(prefix.toUpperCase()));
}
