/** Names as PostgreSQL can hold them: its text knows no NUL. */
export function toStored(name: string): string {
  return /[\\\0]/.test(name) ? name.replaceAll('\\', '\\\\').replaceAll('\0', '\\0') : name
}

/** The way back. */
export function fromStored(text: string): string {
  return text.includes('\\') ? text.replace(/\\([\\0])/g, (_, char) => (char === '0' ? '\0' : '\\')) : text
}
