/** Lets other work of the event loop have a turn: timers, signals, the network. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    // browsers have none
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
