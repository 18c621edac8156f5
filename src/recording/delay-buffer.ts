/** Holds lines back until the names in them are known: a pod has its name some seconds after its first process. */
interface Hold<Line> {
  readonly push: (line: Line) => void
  /** Lets everything go. */
  readonly end: () => void
}

export function createHold<Line>(release: (line: Line) => void): Hold<Line> {
  let held: { readonly line: Line; readonly since: number }[] = []

  const letGo = (until: number): void => {
    const ripe = held.filter(({ since }) => since <= until)
    held = held.slice(ripe.length)
    for (const { line } of ripe) release(line)
  }

  const timer = setInterval(() => letGo(performance.now() - holdMs), 500)
  return {
    push: line => void held.push({ line, since: performance.now() }),
    end: () => {
      clearInterval(timer)
      letGo(Number.POSITIVE_INFINITY)
    },
  }
}

// Folders of pods are listed every two seconds while one has no name.
const holdMs = 4000
