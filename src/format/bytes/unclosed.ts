import { fill, type ByteSource } from './source.js';

/** The same bytes for somebody who closes what he reads, while the source stays open. */
export function unclosed(source: ByteSource): ByteSource {
  const { name, size, isSeekable, descriptor, modifiedNs } = source;
  const isSync = source.readSync !== undefined;
  return {
    ...{ name, size, isSeekable, modifiedNs },
    ...(descriptor !== undefined && { descriptor }),
    // a source that does not wait gives a number
    ...(isSync && { readSync: (offset, into) => fill(source, offset, into) as number }),
    read: (offset, into, options) => source.read(offset, into, options),
    close: () => Promise.resolve(),
  };
}
