import { percentText, sizeText } from '../../say.ts'
import { keyOfKind } from '../unowned.ts'
import type { FindCause } from './finding.ts'

/** Memory was taken off the node while it ran: hugepages set aside, or a balloon of the hypervisor. */
export const hugepagesOrBalloon: FindCause = ({ say, unowned, kinds, memory, totalKiB, isNodeWide }) => {
  if (!isNodeWide || !unowned || !memory || totalKiB === null) return null
  const { HugePages_Free = 0, HugePages_Rsvd = 0, Hugepagesize = 0 } = memory.meminfo
  const growthOf = (kind: 'hugepages' | 'balloon') => kinds.find(({ key }) => key === keyOfKind(kind))
  const idleKiB = Math.max(0, HugePages_Free - HugePages_Rsvd) * Hugepagesize
  const balloon = unowned.balloon ?? 0
  const hugepages = unowned.hugepages ?? 0
  const balloonLeads = growthOf('balloon') !== undefined
  if (balloon >= totalKiB * 0.05 && (balloonLeads || idleKiB < balloon)) {
    const changed = growthOf('balloon')?.changeKiB
    return {
      code: 'balloon',
      weight: balloonLeads ? 111 : 80,
      evidence: say(
        `the hypervisor has taken ${sizeText(balloon)} of this machine's memory${changed ? `, ${sizeText(changed)} of it within ten minutes` : ''}; ${sizeText(totalKiB)} are left`,
        `虚拟化平台收走了本机 ${sizeText(balloon)} 内存${changed ? `，其中十分钟内 ${sizeText(changed)}` : ''}；剩余 ${sizeText(totalKiB)}`,
      ),
      why: say(
        'Kubernetes still counts on all of it: what was allocatable when kubelet started is not there any more',
        'Kubernetes 仍按原内存计算：kubelet 启动时的可分配量已经不存在',
      ),
      remedy: say(
        'give the memory back on the hypervisor, or reserve it for good (virsh setmem, or no memory overcommit for this machine), then systemctl restart kubelet',
        '在虚拟化平台上归还内存，或固定保留（virsh setmem，或对本机关闭内存超分），然后 systemctl restart kubelet',
      ),
    }
  }
  const grower = growthOf('hugepages')
  const isGrowing = (grower?.changeKiB ?? 0) >= totalKiB * 0.03
  if (!isGrowing && idleKiB < totalKiB * 0.05) return null
  const keptPages = Math.max(0, (memory.meminfo.HugePages_Total ?? 0) - Math.floor(idleKiB / Math.max(1, Hugepagesize)))
  return {
    code: 'hugepages',
    weight: isGrowing ? 111 : 76,
    evidence: say(
      `${sizeText(hugepages)} set aside as hugepages (${percentText(hugepages / totalKiB)}), ${sizeText(idleKiB)} of it unused${isGrowing ? `; ${sizeText(grower!.changeKiB!)} more within ten minutes` : ''}`,
      `预留大页 ${sizeText(hugepages)}（${percentText(hugepages / totalKiB)}），其中 ${sizeText(idleKiB)} 未使用${isGrowing ? `；十分钟内增加 ${sizeText(grower!.changeKiB!)}` : ''}`,
    ),
    why: say(
      'Hugepages are gone for everybody else, used or not, and kubelet counts them only when it starts',
      '大页无论是否使用都不能再作他用，而 kubelet 只在启动时计算',
    ),
    remedy: [
      say(
        'give back what is unused; set the number at boot (hugepages=) and restart kubelet after every change:',
        '归还未使用的部分；应在启动参数（hugepages=）中设置，每次修改后重启 kubelet：',
      ),
      `sysctl -w vm.nr_hugepages=${keptPages}`,
    ].join(' '),
  }
}
