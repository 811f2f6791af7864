import { PhasegateError, unreachable } from '../../base/index.ts'
import type { Append } from '../../ports/index.ts'
import { unreadable } from './history.ts'
import type { Tail, Trouble } from './tail.ts'

/** Stands between an owner that was taken for dead and what it believes to know. */
export class Fence {
  readonly #folder: string
  readonly #tail: Tail

  constructor(folder: string, tail: Tail) {
    this.#folder = folder
    this.#tail = tail
  }

  /** Whether the folder has a newer owner. @throws JOURNAL_FAILED */
  async isClosed(): Promise<boolean> {
    try {
      return await this.#tail.isFenced()
    } catch (error) {
      throw unreadable(this.#folder, error)
    }
  }

  /** Once the folder has a newer owner, what is known here may be out of date. @throws FENCED, JOURNAL_FAILED */
  async check(subject: string, epoch = 0): Promise<void> {
    if (await this.isClosed()) throw fenced(subject, epoch)
  }
}

/** The answer to who wanted something stored, or known for certain, and cannot have it. */
export function refusal(trouble: Trouble, subject: string, append: Append | undefined): PhasegateError {
  switch (trouble.type) {
    case 'fenced':
      return fenced(subject, append?.head.epoch ?? 0)
    case 'failed':
      return new PhasegateError('JOURNAL_FAILED', `${subject}: nothing was stored: ${trouble.cause}`, {
        operation: append === undefined ? 'read' : 'append',
        cause: trouble.cause,
      })
    case 'unknown':
      return new PhasegateError('OUTCOME_UNKNOWN', `${subject}: it may or may not be stored: ${trouble.cause}`, {
        subject,
        opId: append?.opId ?? '',
        flipId: append?.head.flip?.id ?? append?.settled?.flipId,
      })
    default:
      return unreachable(trouble)
  }
}

function fenced(subject: string, epoch: number): PhasegateError<'FENCED'> {
  return new PhasegateError('FENCED', `${subject}: the folder has a newer owner; this one was taken for dead`, {
    subject,
    epoch,
    current: undefined,
  })
}
