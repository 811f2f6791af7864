/** Where a service tells its operator what it is doing. Nothing of it ever throws. */
export interface Terminal {
  /** A line that stays. */
  say(line: string): void
  /** What is the case at this moment: in place of what was said of the moment before. */
  show(line: string): void
  /** Nothing is the case any more. */
  clear(): void
}

/** How a terminal is told to go back and forget what is on the line. */
const AFRESH = '\r\u001b[2K'
/** Where a line cannot be taken back, one of so many moments is told. */
const EVERY_NTH = 5

interface Out {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** `log` gets every line, if there is one; else stderr, which shows what is the case live when it is a terminal. */
export function terminal(log: ((line: string) => void) | undefined, out: Out = process.stderr): Terminal {
  if (log === undefined && out.isTTY === true) return live(out)
  let moments = 0
  const say = (line: string): void => tell(log, line, out)
  return {
    say,
    show: (line) => {
      if (++moments % EVERY_NTH === 0) say(line)
    },
    clear: () => {},
  }
}

function live(out: Out): Terminal {
  return {
    say: (line) => out.write(`${AFRESH}${line}\n`),
    show: (line) => out.write(`${AFRESH}${line.slice(0, (out.columns ?? 80) - 1)}`),
    clear: () => out.write(AFRESH),
  }
}

/** A log that throws must not break off a drain. */
function tell(log: ((line: string) => void) | undefined, line: string, out: Out): void {
  try {
    if (log === undefined) out.write(`${line}\n`)
    else log(line)
  } catch {
    out.write(`${line}\n`)
  }
}
