import type { ErrorCode, ErrorFacts } from './error-table.ts'

const BRAND: unique symbol = Symbol.for('phasegate.error') as never

/**
 * The one error of the library: a `code`, the `facts` that belong to it, and a message that names what was asked, what
 * was found and what would have been allowed. Tell it apart by `isPhasegateError`, which works across copies.
 */
export class PhasegateError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code
  readonly facts: Readonly<ErrorFacts[Code]>

  constructor(code: Code, message: string, facts: ErrorFacts[Code], options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'PhasegateError'
    this.code = code
    this.facts = facts
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** What loggers print. */
  toJSON(): { code: Code; message: string; facts: Readonly<ErrorFacts[Code]> } {
    return { code: this.code, message: this.message, facts: this.facts }
  }
}

/** Whether `error` is the library's, and, when `code` is given, of that code. */
export function isPhasegateError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: Code,
): error is { [C in Code]: PhasegateError<C> }[Code] {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as Record<symbol, unknown>)[BRAND] === true &&
    (code === undefined || (error as PhasegateError).code === code)
  )
}

/**
 * Wraps what a step throws when trying again would not help: the flip is undone without further attempts, and the
 * outcome is stored against the idempotency key.
 *
 * @example throw terminal(new Error('the image does not exist'))
 */
export function terminal(cause: unknown): PhasegateError<'TERMINAL'> {
  const message = messageOf(cause)
  return new PhasegateError('TERMINAL', message, { cause: message }, { cause })
}

/** The message of whatever was thrown, fit to be recorded. */
export function messageOf(thrown: unknown): string {
  return textOf(thrown instanceof Error ? thrown.message : thrown)
}

/** Any value as well-formed text. Never throws. */
export function textOf(value: unknown): string {
  try {
    return String(value).toWellFormed()
  } catch {
    return 'a value without text'
  }
}
