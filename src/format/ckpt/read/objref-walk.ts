import { numberIn } from './fields.js';
import type { RecordItem } from './item.js';
import type { ObjectName } from '../tables/names.js';
import type { RecordReader, Step } from './record-reader.js';

/** An object whose section has begun. */
export interface OpenObject {
  readonly id: number;
  readonly object: ObjectName;
}

/** Reads an OBJREF: from here on the object is being read. @throws {FormatError} `BAD_FIELD` */
export function* openObject(reader: RecordReader, path: string): Generator<Step, OpenObject> {
  const object = yield* reader.peekObject();
  const record = yield* reader.record('OBJREF', path, object ? { role: object } : {});
  const [objtype, id] = [numberIn(record.fields, 'objtype'), numberIn(record.fields, 'objref')];
  if (object === undefined) throw reader.badField(record, 'objtype', 'the number of an object', objtype);
  checkNumber(reader, record, id, object);
  return { id, object };
}

function checkNumber(reader: RecordReader, record: RecordItem, id: number, object: ObjectName): void {
  if (id <= 0) reader.fault(reader.badField(record, 'objref', '1 or more', id));
  else if (!reader.objects.open(id, object))
    reader.fault(reader.badField(record, 'objref', 'a number that no other object has', id));
}
