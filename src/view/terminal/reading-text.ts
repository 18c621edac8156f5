import { isIncomplete, type LogSign, type ReadingOutcome } from '../../input/playback/log/reading-outcome.ts'
import { harmless } from '../../text/cell-width.ts'
import type { Messages } from '../../text/messages/catalogues.ts'
import { timeText } from '../incident/times.ts'

type InputMessages = Messages['input']

/** How many lines were read and recognised, and which were not understood, in sentences. */
export function readingLines(outcomes: readonly ReadingOutcome[], t: InputMessages): readonly string[] {
  const say = t.reading
  const lines = outcomes.flatMap(outcome => {
    const { lines: count, recognised, isLog, hasKernelLines, missed, firstMissed, tooLong, foundByPhrase } = outcome
    const file = harmless(outcome.file, 200)
    const isOther = isLog && !hasKernelLines && missed === 0 && outcome.signs.length === 0 && count > 0
    return [
      count === 0 ? say.empty({ file }) : say.lines({ file, lines: count, recognised }),
      ...(isLog || count === 0 ? [] : [say.noLog({ file })]),
      ...(isOther ? [say.noKernel({ file })] : []),
      ...(missed > 0 ? [say.missed({ count: missed, file })] : []),
      ...firstMissed.map(({ number, text }) => `  ${say.missedLine({ number, text: harmless(text, 200) })}`),
      ...(tooLong > 0 ? [say.tooLong({ count: tooLong, first: outcome.firstTooLong })] : []),
      ...(foundByPhrase > 0 ? [say.byPhrase({ count: foundByPhrase })] : []),
    ]
  })
  return outcomes.some(({ isLog }) => !isLog) && isIncomplete(outcomes) ? [...lines, say.kinds] : lines
}

/**
 * Other signs of a memory shortage in a log. Lines of systemd or a container runtime about a kernel OOM kill are left
 * out if the kernel's own kill line is there. Times are in `zone`.
 */
export function signLines(
  signs: readonly LogSign[],
  { hasKills, zone, t }: { readonly hasKills: boolean; readonly zone: string; readonly t: InputMessages },
): readonly string[] {
  const shown = signs.filter(({ says }) => says.by !== 'kernel' || !hasKills)
  const lines = shown.slice(0, mostSigns).map(({ line, at, host, says }) =>
    t.signs.line({
      text: harmless(signText(says, t), 400),
      line,
      at: at === null ? null : timeText(at, zone),
      host: host === undefined ? null : harmless(host, 80),
    }),
  )
  return shown.length > mostSigns ? [...lines, t.signs.more({ count: shown.length - mostSigns })] : lines
}

const mostSigns = 20

function signText(says: LogSign['says'], t: InputMessages): string {
  if (says.by === 'kernel-sign') {
    const text = t.signs[says.sign]
    return typeof text === 'string' ? text : text(says)
  }
  if (says.by === 'kernel') return t.signs.kernelKilled(says)
  if (says.by === 'kubelet-eviction') return says.stage === 'ended' ? t.signs.evicted(says) : t.signs.evicting(says)
  return says.stage === 'ended'
    ? t.signs.killed({ killer: says.by, ...says })
    : t.signs.announced({ killer: says.by, ...says })
}
