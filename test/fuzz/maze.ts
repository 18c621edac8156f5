/** Fails behind a chain of conditions, each of which is code of its own: chance alone almost never gets through. */
export function maze(input: string): readonly string[] {
  if (input[0] === 'o') {
    if (input[1] === 'o') {
      if (input[2] === 'm') {
        if (input[3] === ':') {
          if (input[4] === '7') throw new Error('through')
        }
      }
    }
  }
  return []
}
