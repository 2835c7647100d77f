/** Progress is told about so often. */
const STEP_BYTES = 32 * 1024 * 1024;

/** Gives a function that takes how many bytes are done and passes it on about every 32 MiB, and at the end. */
export function progressInSteps(
  totalBytes: number,
  onProgress: ((doneBytes: number, totalBytes: number) => void) | undefined,
): (doneBytes: number) => void {
  let tellAt = STEP_BYTES;
  return (doneBytes) => {
    if (doneBytes < tellAt && doneBytes !== totalBytes) return;
    tellAt = doneBytes + STEP_BYTES;
    onProgress?.(doneBytes, totalBytes);
  };
}
