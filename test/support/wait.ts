import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;

/**
 * Polls until `holds` says yes.
 *
 * @throws Error naming `what` after `limitMs`
 */
export async function waitUntil(what: string, holds: () => boolean, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await sleep(POLL_MS);
  }
}
