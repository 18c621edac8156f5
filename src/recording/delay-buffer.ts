/** Holds lines back until the names in them are known: a pod has its name some seconds after its first process. */
interface DelayBuffer<Line> {
  readonly push: (line: Line) => void
  /** Releases all that is held back. */
  readonly end: () => void
}

export function createDelayBuffer<Line>(release: (line: Line) => void): DelayBuffer<Line> {
  let held: { readonly line: Line; readonly since: number }[] = []

  const releaseUntil = (until: number): void => {
    const due = held.filter(({ since }) => since <= until)
    held = held.slice(due.length)
    for (const { line } of due) release(line)
  }

  const timer = setInterval(() => releaseUntil(performance.now() - delayMs), 500)
  return {
    push: line => void held.push({ line, since: performance.now() }),
    end: () => {
      clearInterval(timer)
      releaseUntil(Number.POSITIVE_INFINITY)
    },
  }
}

// Folders of pods are listed every two seconds while one has no name.
const delayMs = 4000
