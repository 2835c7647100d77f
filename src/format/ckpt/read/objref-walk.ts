import { numberIn } from './fields.js';
import type { RecordItem } from './item.js';
import type { ObjectName } from '../tables/names.js';
import type { RecordReader, Step } from './record-reader.js';

/** An object whose section has begun. */
export interface OpenObject {
  readonly id: number;
  readonly object: ObjectName;
  /** Whether the number is its own; without one it cannot be written again. */
  readonly isNumbered: boolean;
}

/** Reads an OBJREF: from here on the object is being read. @throws {FormatError} `BAD_FIELD` */
export function* openObject(reader: RecordReader, path: string): Generator<Step, OpenObject> {
  const object = yield* reader.peekObject();
  const record = yield* reader.record('OBJREF', path, object ? { role: object } : {});
  const [objtype, id] = [numberIn(record.fields, 'objtype'), numberIn(record.fields, 'objref')];
  if (object === undefined) throw reader.badField(record, 'objtype', 'the number of an object', objtype);
  return { id, object, isNumbered: takeNumber(reader, record, id, object) };
}

function takeNumber(reader: RecordReader, record: RecordItem, id: number, object: ObjectName): boolean {
  if (id > 0 && reader.objects.open(id, object)) return true;
  const expected = id > 0 ? 'a number that no other object has' : '1 or more';
  reader.fault(reader.badField(record, 'objref', expected, id));
  return false;
}
