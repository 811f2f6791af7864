/** Text as it can be shown on a terminal: names are anything, and some of anything are orders to a terminal. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16) ?? ''}}`)
}
