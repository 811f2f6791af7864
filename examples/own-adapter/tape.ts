/** Texts that follow one another: what a journal of one's own may be kept on. Here an array; a file would do as well. */
export interface Tape {
  read(): readonly string[]
  /** When it has returned, the line is there to stay. */
  add(line: string): void
  /** Puts other lines in their place, all of them or none. */
  replace(lines: readonly string[]): void
}

export function tape(lines: readonly string[] = []): Tape {
  let kept = [...lines]
  return {
    read: () => kept,
    add: (line) => void kept.push(line),
    replace: (others) => {
      kept = [...others]
    },
  }
}
