/** Names as PostgreSQL can hold them: its text knows no NUL. */
export function toStored(name: string): string {
  return /[\\\0]/.test(name) ? name.replaceAll('\\', '\\\\').replaceAll('\0', '\\0') : name
}

/** The way back. */
export function fromStored(text: string): string {
  return text.includes('\\') ? text.replace(/\\([\\0])/g, (_, char) => (char === '0' ? '\0' : '\\')) : text
}

/** A list as PostgreSQL writes arrays. */
export function arrayText(values: readonly (string | number | boolean | null)[]): string {
  return `{${values.map(elementText).join(',')}}`
}

function elementText(value: string | number | boolean | null): string {
  if (value === null) return 'NULL'
  if (typeof value !== 'string') return String(value)
  return `"${/["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`
}
