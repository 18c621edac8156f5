/** What a line of kubelet's or the runtime's log says of a pod's end. */
interface TerminationLine {
  /** `stopping`: a container is being stopped, with its pod or to be restarted. */
  readonly says: 'added' | 'deleted' | 'stopping' | 'removed'
  /** `namespace/name`. */
  readonly pods: readonly string[]
  readonly containerId: string | null
  readonly graceSeconds: number | null
}

/**
 * Reads the lines that report a deletion; undefined: another one.
 *
 *     … kubelet.go:2079] "SyncLoop DELETE" source="api" pods=[default/db-drain-me]
 *     … kubelet.go:2430] "SyncLoop DELETE" source="api" pods=["default/web-0"]              since 1.26
 *     … kubelet.go:1931] SyncLoop (DELETE, "api"): "web-0_default(1b4e28ba-…)"              before 1.21
 *     … level=info msg="StopContainer for \"7046b8…\" with timeout 120 (s)"                 containerd
 *     … level=info msg="Stopping container: 7046b8… (timeout: 30s)"                         CRI-O
 */
export function parseTerminationLine(line: string): TerminationLine | undefined {
  // Looked for by hand before any pattern: kubelet can write hundreds of lines a second.
  if (line.includes('SyncLoop')) return parseSyncLoop(line)
  if (line.includes('StopContainer for') || line.includes('Stopping container: ')) return parseStop(line)
  return undefined
}

function parseSyncLoop(line: string): TerminationLine | undefined {
  const now = /"SyncLoop (ADD|DELETE|REMOVE)" source="[a-z]{1,10}" pods=\[([^\]]*)/.exec(line)
  if (now) {
    const pods = now[2]!.split(/[\s,]+/).flatMap(name => {
      const pod = /^"?([a-z0-9.-]{1,63}\/[a-z0-9.-]{1,253})"?$/.exec(name)?.[1]
      return pod ? [pod] : []
    })
    return pods.length > 0 ? said(now[1]!, pods) : undefined
  }
  const before = /SyncLoop \((ADD|DELETE|REMOVE), "[a-z]{1,10}"\): (".*)$/.exec(line)
  if (!before) return undefined
  const pods = [...before[2]!.matchAll(/"([a-z0-9.-]{1,253})_([a-z0-9.-]{1,63})\([^)"]{1,64}\)"/g)]
  return pods.length > 0
    ? said(
        before[1]!,
        pods.map(([, pod, namespace]) => `${namespace}/${pod}`),
      )
    : undefined
}

function said(verb: string, pods: readonly string[]): TerminationLine {
  const says = verb === 'ADD' ? 'added' : verb === 'DELETE' ? 'deleted' : 'removed'
  return { says, pods: pods.slice(0, 64), containerId: null, graceSeconds: null }
}

function parseStop(line: string): TerminationLine | undefined {
  const stop =
    /StopContainer for \\?"([0-9a-f]{64})\\?" with timeout (\d{1,6}) \(s\)/.exec(line) ??
    /Stopping container: ([0-9a-f]{64}) \(timeout: (\d{1,6})s\)/.exec(line)
  if (!stop) return undefined
  return { says: 'stopping', pods: [], containerId: stop[1]!, graceSeconds: Number(stop[2]) }
}
