import { percentText, sizeText } from '../../say.ts'
import { keyOfKind } from '../unowned.ts'
import type { FindCause } from './finding.ts'

/** tmpfs and shared memory fill the node: no kill frees them, for they belong to no process. */
export const sharedMemory: FindCause = ({ say, unowned, shmemOwner, growers, kinds, totalKiB, isNodeWide }) => {
  const KiB = unowned?.shmem
  if (!isNodeWide || !KiB || totalKiB === null) return null
  const grower = kinds.find(({ key }) => key === keyOfKind('shmem'))
  const changeKiB = grower?.changeKiB ?? 0
  const isGrowing = changeKiB >= totalKiB * 0.03
  if (!isGrowing && KiB < totalKiB * 0.15) return null
  // Charged to a cgroup, it is its owner who leads.
  const leads =
    isGrowing && growers.every(({ key, impetusKiB }) => key === shmemOwner?.label || impetusKiB <= grower!.impetusKiB)
  const owner = shmemOwner
    ? say(`, charged to ${shmemOwner.name}`, `，记在 ${shmemOwner.name} 名下`)
    : say(', whose cannot be told here', '，无法得知属于谁')
  return {
    code: 'tmpfs-and-shared-memory',
    weight: leads ? 112 : isGrowing ? 88 : 60,
    evidence: say(
      `${sizeText(KiB)} in tmpfs and shared memory (${percentText(KiB / totalKiB)})${isGrowing ? `, ${sizeText(changeKiB)} more within ten minutes` : ''}${owner}`,
      `tmpfs 与共享内存 ${sizeText(KiB)}（${percentText(KiB / totalKiB)}）${isGrowing ? `，十分钟内增加 ${sizeText(changeKiB)}` : ''}${owner}`,
    ),
    why: say(
      'Killing frees none of it: files in a tmpfs (an emptyDir with medium Memory, /dev/shm) stay until they are removed',
      '杀进程释放不了它：tmpfs 中的文件（medium 为 Memory 的 emptyDir、/dev/shm）会一直保留到被删除',
    ),
    remedy: say(
      'see who fills it: df -t tmpfs --output=used,size,target | sort -n | tail; then bound it in the pod: emptyDir: {medium: Memory, sizeLimit: 128Mi}',
      '查看是谁在写：df -t tmpfs --output=used,size,target | sort -n | tail；然后在 Pod 中设置上限：emptyDir: {medium: Memory, sizeLimit: 128Mi}',
    ),
  }
}
