/** Whether a text names a file on a server; anything else is a path. */
export function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}
