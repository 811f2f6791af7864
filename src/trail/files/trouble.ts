import { causeOf } from '../../adapters/folder/index.ts'
import { isPhasegateError, PhasegateError, refuse } from '../../base/index.ts'

/** What a sink of files rejects with: its own errors as they are, those of the disk as `SINK_FAILED`. */
export function sinkFailed(sink: string, error: unknown): PhasegateError {
  return isPhasegateError(error) ? error : failed(sink, causeOf(error), error)
}

/** A sink that was closed takes nothing more. */
export function sinkClosed(sink: string): PhasegateError<'SINK_FAILED'> {
  return failed(sink, 'it was closed', undefined)
}

/** The path of a file or folder. */
export function parsePath(value: unknown, option: string): string {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value
  return refuse(option, value, 'a path')
}

function failed(sink: string, cause: string, error: unknown): PhasegateError<'SINK_FAILED'> {
  return new PhasegateError('SINK_FAILED', `${sink}: nothing was kept: ${cause}`, { sink, cause }, { cause: error })
}
