import { encodeText } from '../../format/bytes/text.js';

/** Plain data that bencode can say. In a dictionary nothing stands for 0, for what is empty, and for what is not known. */
export type Plain =
  number | bigint | boolean | string | Uint8Array | readonly Plain[] | { readonly [name: string]: Plain | undefined };

const FIRST_CAPACITY = 4096;

class Encoder {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #length = 0;

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  add(value: Plain): void {
    if (typeof value === 'string') this.#string(encodeText(value));
    else if (typeof value !== 'object') this.#ascii(`i${String(BigInt(value))}e`);
    else if (value instanceof Uint8Array) this.#string(value);
    else if (isList(value)) this.#list(value);
    else this.#dictionary(value);
  }

  #list(values: readonly Plain[]): void {
    this.#ascii('l');
    for (const value of values) this.add(value);
    this.#ascii('e');
  }

  #dictionary(members: Readonly<Record<string, Plain | undefined>>): void {
    this.#ascii('d');
    // names are ASCII, so the order of code units is that of bytes
    for (const name of Object.keys(members).sort()) {
      const value = members[name];
      if (value === undefined || saysNothing(value)) continue;
      this.#ascii(`${String(name.length)}:${name}`);
      this.add(value);
    }
    this.#ascii('e');
  }

  #string(bytes: Uint8Array): void {
    this.#ascii(`${String(bytes.length)}:`);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #ascii(text: string): void {
    this.#room(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
  }

  #room(length: number): void {
    const wanted = this.#length + length;
    if (wanted <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}

/** Whether a member is left out: 0, false, or empty. */
function saysNothing(value: Plain): boolean {
  if (typeof value !== 'object') return value === '' || value === 0 || value === 0n || value === false;
  if (value instanceof Uint8Array || isList(value)) return value.length === 0;
  return Object.values(value).every((member) => member === undefined || saysNothing(member));
}

/**
 * The one encoding of plain data: equal data gives equal bytes. Integers are `i5e`, text (UTF-8) and bytes `4:spam`, lists
 * `l...e`, dictionaries `d...e` with ascending names. Source: docs/digest.md.
 */
export function bencode(value: Plain): Uint8Array {
  const encoder = new Encoder();
  encoder.add(value);
  return encoder.bytes();
}
