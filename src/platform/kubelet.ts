import {
  type KubeletSettings,
  kubeletFiles,
  parseKubeletConfig,
  parseKubeletFlags,
} from '../parse/kubernetes/kubelet-config.ts'
import type { HostFiles, KubeletFacts } from '../types.ts'

/**
 * kubelet's effective settings: its file, drop-ins over it, flags over both. Asked once at start and after a reload; the
 * command line of kubelet alone is read, never that of another process, and nothing of it is kept but these settings.
 */
export function readKubeletFacts(files: HostFiles): KubeletFacts | undefined {
  const flags = flagsOfKubelet(files)
  const named = flags ? kubeletFiles(flags) : {}
  const read: string[] = []
  let settings: KubeletSettings = {}
  const add = (path: string): boolean => {
    const text = files.read(path)
    const found = text === undefined ? undefined : parseKubeletConfig(text)
    if (!found) return false
    settings = { ...settings, ...found }
    read.push(path)
    return true
  }
  if (named.config) add(named.config)
  else usualFiles.some(add)
  for (const dir of named.configDir ? [named.configDir] : usualDropIns)
    for (const name of [...(files.list(dir) ?? [])].sort()) if (name.endsWith('.conf')) add(`${dir}/${name}`)
  const fromFlags = flags ? parseKubeletFlags(flags) : {}
  if (Object.keys(fromFlags).length > 0) read.push('flags')
  if (read.length === 0) return undefined
  const onCommandLine = Object.keys(fromFlags)
  return {
    source: read.join(', '),
    ...settings,
    ...fromFlags,
    ...(onCommandLine.length > 0 && { onCommandLine }),
  }
}

// kubeadm and kind; EKS (AL2023, AL2); GKE; OpenShift; CCE, new and old; k3s keeps its settings in its own flags.
const usualFiles = [
  '/var/lib/kubelet/config.yaml',
  '/etc/kubernetes/kubelet/config.json',
  '/etc/kubernetes/kubelet/kubelet-config.json',
  '/home/kubernetes/kubelet-config.yaml',
  '/etc/kubernetes/kubelet.conf',
  '/opt/cloud/cce/kubernetes/kubelet/kubelet_config.yaml',
  '/var/paas/kubernetes/kubelet/kubelet_config.yaml',
]

const usualDropIns = [
  '/etc/kubernetes/kubelet/config.json.d',
  '/var/lib/rancher/k3s/agent/etc/kubelet.conf.d',
  '/var/lib/rancher/rke2/agent/etc/kubelet.conf.d',
  '/etc/openshift/kubelet.conf.d',
]

function flagsOfKubelet(files: HostFiles): readonly string[] | undefined {
  for (const pid of files.pids()) {
    if (files.read(`/proc/${pid}/comm`) !== 'kubelet\n') continue
    // Any process can use this name, and could then choose which files are read as settings. A process in a pod is
    // ignored.
    if (files.read(`/proc/${pid}/cgroup`)?.includes('kubepods')) continue
    return files.read(`/proc/${pid}/cmdline`)?.split('\0').slice(1, 500)
  }
  return undefined
}
