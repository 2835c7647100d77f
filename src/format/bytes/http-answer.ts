import { IoError, type CritError } from '../errors.js';
import { httpFailure, noRanges, type HttpTarget } from './http-target.js';

const OK = 200;
const PARTIAL = 206;
const NOT_SATISFIABLE = 416;
const FIRST_SERVER_ERROR = 500;

/** What all answers about one file have in common. */
export interface FileIdentity {
  readonly size: number;
  /** ETag, or where there is none Last-Modified; null where the server tells neither. */
  readonly validator: string | null;
}

/** Half open. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** `total` is undefined where the server does not know it, `range` where there are no such bytes. */
interface ContentRange {
  readonly range: ByteRange | undefined;
  readonly total: number | undefined;
}

const CONTENT_RANGE = /^bytes (?:(\d{1,16})-(\d{1,16})|\*)\/(?:(\d{1,16})|\*)$/;

function contentRangeOf(headers: Headers): ContentRange | undefined {
  const match = CONTENT_RANGE.exec(headers.get('Content-Range') ?? '');
  if (!match) return undefined;
  const [start, end, total] = match.slice(1).map((digits) => (digits ? Number(digits) : undefined));
  if (total !== undefined && !Number.isSafeInteger(total)) return undefined;
  return { range: start === undefined || end === undefined ? undefined : { start, end: end + 1 }, total };
}

function validatorOf(headers: Headers): string | null {
  return headers.get('ETag') ?? headers.get('Last-Modified');
}

function isEncoded(headers: Headers): boolean {
  return !/^(?:identity)?$/i.test(headers.get('Content-Encoding') ?? '');
}

function unexpectedStatus(target: HttpTarget, status: number): IoError {
  return httpFailure(target, 'READ_FAILED', `HTTP status ${String(status)}`);
}

/** Whether the same request may be answered otherwise a moment later. */
export function mayPass({ status }: Response): boolean {
  return status >= FIRST_SERVER_ERROR;
}

/** What the answer to a request for the last bytes says. */
export interface Opening {
  readonly file: FileIdentity;
  /** Which bytes come; undefined for an empty file. */
  readonly range: ByteRange | undefined;
}

/**
 * Learns from the answer to `bytes=-N` what the file is.
 *
 * @throws {IoError} `NO_RANGES`, `READ_FAILED`
 */
export function checkOpening(target: HttpTarget, { status, headers }: Response, nrBytes: number): Opening {
  const content = contentRangeOf(headers);
  const validator = validatorOf(headers);
  // there are no last bytes: some servers give nothing, others refuse
  const isEmpty = status === NOT_SATISFIABLE ? content?.total === 0 : status === OK && isNothing(headers);
  if (isEmpty) return { file: { size: 0, validator }, range: undefined };
  const { range, total } = partial(target, status, headers);
  if (total === undefined) throw noRanges(target, 'Content-Range does not tell the size');
  if (range.end !== total || range.start !== Math.max(0, total - nrBytes)) throw wrongRange(target, range);
  return { file: { size: total, validator }, range };
}

/**
 * Checks that an answer brings the bytes that were asked for, of the file that was opened.
 *
 * @throws {IoError} `SOURCE_CHANGED`, `NO_RANGES`, `READ_FAILED`
 */
export function checkPart(target: HttpTarget, response: Response, file: FileIdentity, wanted: ByteRange): void {
  const { status, headers } = response;
  const isAboutFile = status === OK || status === PARTIAL || status === NOT_SATISFIABLE;
  if (isAboutFile) checkSame(target, response, file);
  const { range } = partial(target, status, headers);
  if (range.start !== wanted.start || range.end !== wanted.end) throw wrongRange(target, range);
}

function isNothing(headers: Headers): boolean {
  return headers.get('Content-Length') === '0';
}

/** Where the bytes of a partial answer lie. */
function partial(target: HttpTarget, status: number, headers: Headers): ContentRange & { readonly range: ByteRange } {
  if (status === OK) throw noRanges(target, 'it sends all of it');
  if (status !== PARTIAL) throw unexpectedStatus(target, status);
  if (isEncoded(headers)) throw noRanges(target, 'it sends it encoded');
  const content = contentRangeOf(headers);
  if (!content?.range) throw noRanges(target, 'no Content-Range is to be seen');
  return { range: content.range, total: content.total };
}

function wrongRange(target: HttpTarget, { start, end }: ByteRange): CritError {
  return noRanges(target, `it sends other bytes than asked for: ${String(start)}-${String(end - 1)}`);
}

function checkSame(target: HttpTarget, { status, headers }: Response, file: FileIdentity): void {
  const size = contentRangeOf(headers)?.total;
  if (size !== undefined && size !== file.size)
    throw new IoError('SOURCE_CHANGED', { what: `size of ${target.name}`, expected: file.size, actual: size });
  const isSame = validatorOf(headers) === file.validator;
  // who refuses a range need not tell what of
  if (!isSame && (status !== NOT_SATISFIABLE || validatorOf(headers) !== null))
    throw new IoError('SOURCE_CHANGED', { what: `${target.name} became another file while it was read` });
}
