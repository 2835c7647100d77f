import { FormatError } from '../../errors.js';
import { findLandmark } from './landmarks.js';
import type { RecordReader, Step } from './record-reader.js';
import { STAGES, type Stage } from './stages.js';
import type { WalkContext } from './walk-context.js';

/** What may be looked for where a stage went wrong: what comes later, another task, and a mapping behind the last. */
function stagesFrom(stage: Stage): readonly Stage[] {
  const from = STAGES.indexOf(stage === 'MM_CONTEXT' ? 'VMA' : stage);
  return STAGES.filter((candidate, i) => i >= from || candidate === 'TASK');
}

/** Whether nothing went wrong, or the walk goes on with this stage; it then does. */
export function resumes(context: WalkContext, stage: Stage): boolean {
  if (context.resumeAt !== undefined && context.resumeAt !== stage) return false;
  context.resumeAt = undefined;
  return true;
}

/**
 * Runs a production. Where faults are only told and it loses the framing, what can be gone on with is looked for and put
 * into `context.resumeAt`.
 */
export function* tolerantly(
  reader: RecordReader,
  context: WalkContext,
  stage: Stage,
  path: string,
  production: Generator<Step, void>,
): Generator<Step, void> {
  try {
    yield* production;
  } catch (error) {
    if (!reader.isLenient || !(error instanceof FormatError) || error.code === 'OVER_BUDGET') throw error;
    reader.fault(error);
    const from = reader.cursor.position;
    context.resumeAt = (yield* findLandmark(reader, context, stagesFrom(stage))) ?? 'END';
    const to = Math.min(reader.cursor.position, reader.cursor.source.size);
    if (to <= from || (context.resumeAt === 'END' && error.code === 'TRUNCATED')) return;
    const behind = context.resumeAt === 'END' ? 'nothing that can be read' : `a ${context.resumeAt}`;
    const what = `0x${from.toString(16)} to 0x${to.toString(16)}, ${String(to - from)} bytes, cannot be read; behind them is ${behind}`;
    reader.fault(new FormatError('UNEXPECTED_RECORD', { at: { offset: from, path }, what }));
  }
}
