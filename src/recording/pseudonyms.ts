import { ownerOf } from '../parse/kubernetes/owner.ts'

/** Names and the pseudonyms that stand for them: each name always by the same one. */
interface Pseudonyms {
  readonly namespace: (name: string) => string
  /** A workload's or a container's name. */
  readonly app: (name: string) => string
  readonly host: (name: string) => string
  /**
   * A pod's name: the part that its owner gave it is replaced, what was added at random stays, so that who owns it can
   * be distinguished as before.
   */
  readonly pod: (pod: { readonly pod: string; readonly uid: string; readonly labels?: Labels }) => string
  /** Every name known so far, where it stands as a word of its own in a text of the kernel's or in a cgroup's path. */
  readonly text: (text: string) => string
}

type Labels = Readonly<Record<string, string>>

export function createPseudonyms(): Pseudonyms {
  const words = new Map<string, string>()
  const counts = { ns: 0, app: 0, host: 0 }
  let pattern: RegExp | undefined
  let node: string | null = null

  const word = (name: string, kind: keyof typeof counts): string => {
    if (name === '') return name
    const known = words.get(name)
    if (known !== undefined) return known
    const fresh = `${kind}-${letters(counts[kind]++)}`
    words.set(name, fresh)
    // The kernel cuts the name of a process at 15 bytes, and a host calls itself by the first part of its name.
    const short = kind === 'host' ? name.split('.')[0]! : name.slice(0, 15)
    if (!words.has(short)) words.set(short, fresh)
    pattern = undefined
    return fresh
  }

  const text = (given: string): string => {
    pattern ??= patternOf([...words.keys()])
    return given.replace(pattern, name => words.get(name)!)
  }

  return {
    namespace: name => word(name, 'ns'),
    app: name => word(name, 'app'),
    host: name => {
      node = name
      return word(name, 'host')
    },
    pod: ({ pod, uid, labels }) => {
      const { name } = ownerOf({ pod, uid, node, ...(labels && { labels }) }).owner
      if (!pod.startsWith(name)) return word(pod, 'app')
      return `${word(name, 'app')}${text(pod.slice(name.length))}`
    },
    text,
  }
}

/** 0 → a, 25 → z, 26 → aa: a digit at the end would make `app-1-x7k2p` look like a pod of an indexed job. */
function letters(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26))
  return index < 26 ? letter : letters(Math.floor(index / 26) - 1) + letter
}

/** Longest first, so that `api-gateway` is not taken for `api`. */
function patternOf(names: readonly string[]): RegExp {
  const found = names
    .filter(name => name.length >= 3 && !kernelWords.has(name.toLowerCase()))
    .sort((a, b) => b.length - a.length)
    .map(name => name.replace(/[^\w]/g, '\\$&'))
  return found.length === 0 ? /(?!)/g : new RegExp(`(?<![A-Za-z0-9])(?:${found.join('|')})(?![A-Za-z0-9])`, 'g')
}

// Who calls a namespace `memory` finds it replaced where it names the namespace, and untouched where the kernel says so.
const kernelWords = new Set(
  `anon besteffort burstable cgroup child comm constraint containerd cpu cpuset cri crio cri-containerd dma docker failcnt
  file free global guaranteed init invoked kernel killed killer kubelet kubepods libpod limit limits lxc machine memcg
  memory mempolicy node none nodemask normal oom order out pages pid podman pod process rss score scope service shmem slab
  slice stats swap sysrq system task tasks total uid usage user victim`.split(/\s+/),
)
