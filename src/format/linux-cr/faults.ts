import { FormatError, type FormatCode } from '../errors.js';

const MAX_FAULTS = 10_000;

/** Passes on at most 10000 faults; the last of them says that no more are. */
export function limitFaults(onFault: (fault: FormatError) => void): (fault: FormatError) => void {
  let count = 0;
  return (fault) => {
    count++;
    if (count < MAX_FAULTS) onFault(fault);
    else if (count === MAX_FAULTS) onFault(lastFault(fault));
  };
}

function lastFault(fault: FormatError): FormatError {
  const { offset, path = '' } = fault;
  const at = offset === undefined ? { path } : { offset, path };
  const what = `${fault.message} (fault ${String(MAX_FAULTS)}: further ones are not told)`;
  // a FormatError has a FormatCode
  return new FormatError(fault.code as FormatCode, { at, what });
}
