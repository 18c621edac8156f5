/** One provider's published formula for kube-reserved and system-reserved together. */
interface Formula {
  readonly name: string
  readonly KiB: number
}

const MiB = 1024
const GiB = 1024 * MiB

/**
 * What four providers reserve on a node of this size; their documents differ by a factor of four, and none has less than
 * this. Sources: GKE "plan node sizes"; EKS amazon-eks-ami; AKS "node resource reservations" (1.29 and later); CCE node
 * resource reservation rules (v2).
 */
export function publishedFormulas(totalKiB: number, maxPods: number): readonly Formula[] {
  return [
    { name: 'EKS', KiB: 255 * MiB + 11 * MiB * maxPods },
    { name: 'GKE', KiB: gke(totalKiB) },
    { name: 'AKS', KiB: Math.min(20 * MiB * maxPods + 50 * MiB, totalKiB / 4) },
    { name: 'CCE', KiB: 400 * MiB + (25 * MiB * totalKiB) / GiB + 500 * MiB + 5 * MiB * maxPods },
  ]
}

/** 25 % of the first 4 GiB, 20 % of the next 4, 10 % of the next 8, 6 % of the next 112, 2 % of what is above. */
function gke(totalKiB: number): number {
  if (totalKiB < GiB) return 255 * MiB
  const steps: readonly (readonly [number, number])[] = [
    [4, 0.25],
    [4, 0.2],
    [8, 0.1],
    [112, 0.06],
    [Infinity, 0.02],
  ]
  let left = totalKiB
  let sum = 0
  for (const [sizeGiB, share] of steps) {
    const part = Math.min(left, sizeGiB * GiB)
    sum += part * share
    left -= part
  }
  return sum
}

/** The least that any of them asks for on a node of this size, and never more than a quarter of it. */
export function leastReserved(totalKiB: number, maxPods: number): Formula {
  const least = publishedFormulas(totalKiB, maxPods).reduce((a, b) => (b.KiB < a.KiB ? b : a))
  return { name: least.name, KiB: Math.min(least.KiB, totalKiB / 4) }
}

/** kubelet's own default. */
export const defaultMaxPods = 110
