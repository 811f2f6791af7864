import { isPhasegateError, messageOf, PhasegateError, recordable } from '../base/index.ts'
import type { FlipSpec, StandardIssue } from '../chart/index.ts'

/**
 * The input as the flip's schema makes it, checked to be recordable.
 * @throws INPUT_INVALID, NOT_SERIALISABLE
 */
export function parseInput(spec: FlipSpec, input: unknown): unknown | Promise<unknown> {
  if (spec.input === undefined) {
    if (input === undefined) return undefined
    throw invalid(spec.name, [{ message: 'this flip takes no input' }])
  }
  const schema = spec.input['~standard']
  try {
    const result = schema.validate(input)
    if (!(result instanceof Promise)) return accept(spec, result)
    return result.then((done) => accept(spec, done)).catch((error: unknown) => rethrow(spec, error))
  } catch (error) {
    return rethrow(spec, error)
  }
}

/** A schema that throws, instead of telling what is wrong, has not accepted the input. */
function rethrow(spec: FlipSpec, error: unknown): never {
  if (isPhasegateError(error)) throw error
  throw invalid(spec.name, [{ message: `its schema threw: ${messageOf(error)}` }])
}

function accept(
  spec: FlipSpec,
  result: { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] },
): unknown {
  if (result.issues !== undefined) throw invalid(spec.name, result.issues)
  return recordable(result.value, 'the input')
}

function invalid(flip: string, found: readonly StandardIssue[]): PhasegateError<'INPUT_INVALID'> {
  const issues = found.map(({ message, path = [] }) => ({
    path: path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
    message,
  }))
  const told = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  return new PhasegateError('INPUT_INVALID', `the input of flip "${flip}" is not valid: ${told}`, { flip, issues })
}

/** The same error, for another caller: none is thrown twice. */
export function again(error: PhasegateError): PhasegateError {
  return isPhasegateError(error)
    ? new PhasegateError(error.code, error.message, error.facts, { cause: error.cause })
    : error
}
