import type { Messages } from '../en.ts'
import { percentText, sizeText } from '../format.ts'
import type { TerminationSource } from '../incident-facts.ts'
import { limitManagers } from './actions.ts'
import { sized, spaced, units } from './units.ts'

/** Causes by code: evidence, why it matters, remedy. */
export const causes = {
  set: ({ yaml, file }) => `在 ${file ?? 'kubelet 配置'} 中设置 ${yaml}。`,
  setFlags: ({ flags }) => `kubelet 的这些设置来自命令行，优先于文件。请在命令行修改：${flags}。`,
  setTalos: ({ yaml }) => `在 Talos 机器配置中设置 machine.kubelet.extraConfig：${yaml}。`,
  setBottlerocket: ({ settings }) => `修改 Bottlerocket 设置：${settings}。`,
  setInContainer: ({ yaml }) => `在该集群的配置中设置 ${yaml}。`,
  thenRestart: ({ unit }) => `然后重启 kubelet：systemctl restart ${unit}`,
  sizeFirst: '它运行时间太短，无法给出数值：先测量它一天内的峰值。',
  setRequest: ({ command }) => `按其目前的峰值：${command}`,
  terminationSource,
  'reservation-too-small': {
    evidence: ({ reservedKiB, totalKiB, fromCgroup, peers, ownKiB }) =>
      sentences(
        `kube-reserved 与 system-reserved 共 ${sizeText(reservedKiB)}，内存 ${sizeText(totalKiB)}${fromCgroup ? '（按 kubepods 的 limit 推算）' : ''}`,
        peers.length > 0 &&
          `同规格节点的云厂商预留：${peers.map(({ name, KiB }) => `${name} ${sizeText(KiB)}`).join('、')}`,
        ownKiB !== null && `节点核心服务与内核目前占用 ${sizeText(ownKiB)}`,
      ),
    why: 'Pod 可以占用 kubelet、运行时和内核所需的内存。Pod 占满时，节点本身就会耗尽内存。',
  },
  'pods-at-their-limit': {
    evidence: ({ usedKiB, limitKiB, totalKiB, reservedKiB, leftKiB }) =>
      sentences(
        `全部 Pod 共占用 ${sizeText(usedKiB)}，上限为 ${sizeText(limitKiB)}`,
        totalKiB !== null &&
          reservedKiB !== null &&
          `上限等于 ${sizeText(totalKiB)} 减去 kube-reserved 与 system-reserved 共 ${sizeText(reservedKiB)}`,
        leftKiB !== null && `节点余量 ${sizeText(leftKiB)}`,
      ),
    why: 'kubelet 把全部 Pod 限制在可分配内存之内。在此范围内，内核按 oom_score 而不是按大小选择。',
    remedy:
      '预留起了作用：Pod 的用量超过其 request。把 request 调到实际用量，减少调度到本节点的 Pod，并限制增长的那个。',
  },
  eviction: {
    evidence: ({ threshold, isDefault, totalKiB, lostKiBPerSecond, lostKiB }) =>
      sentences(
        `evictionHard 的 memory.available 为 ${threshold}${isDefault ? '（默认值）' : ''}，节点内存 ${sizeText(totalKiB)}`,
        lostKiB !== null &&
          lostKiBPerSecond !== null &&
          `内存每秒减少 ${sizeText(lostKiBPerSecond)}，kubelet 两次检查之间减少 ${sizeText(lostKiB)}`,
      ),
  },
  'eviction-off': { why: 'kubelet 不会因内存不足驱逐 Pod，只能由内核 OOM kill，而内核不按大小选择。' },
  'eviction-too-low': { why: 'kubelet 每 10 秒检查一次。等它驱逐 Pod 时，节点已经停顿，或内核已经终止了进程。' },
  'limits-over-allocatable': {
    evidence: ({ pods, sumKiB, ratio, allocatableKiB, unlimited }) =>
      sentences(
        pods > 0 &&
          `${pods} 个 Pod 的 limit 之和为 ${sizeText(sumKiB)}，是可分配 ${sizeText(allocatableKiB)} 的 ${percentText(ratio)}`,
        unlimited.length > 0 && `${unlimited.length} 个 Pod 没有 limit：${units.list(unlimited)}`,
      ),
    why: '每个 Pod 都没有超过自己的 limit，但合起来超过节点内存。耗尽的是节点，不是 Pod。',
    remedy: ({ name, KiB, limitKiB }) =>
      `把 limit 降到实际用量，或减少本节点的 Pod。先改 ${name}：它占用 ${sizeText(KiB)}，可用到 ${limitKiB === null ? '全部内存' : sizeText(limitKiB)}。`,
  },
  'no-request-or-limit': {
    evidence: ({ names, name, KiB, ratio }) =>
      sentences(
        `${units.list(names)} 没有设置内存 request 与 limit（BestEffort，oom_score_adj 1000）`,
        `${name} 占用 ${sizeText(KiB)}${ratio === null ? '' : `，为节点的 ${percentText(ratio)}`}`,
      ),
    why: '内核按 oom_score 选择，没有 request 的 Pod 占用再少也最先被杀。',
    whyAmong: '内核按 oom_score 选择，没有 request 的 Pod 占用再少也排在最先被杀之列。',
    remedy: ({ pods }) => `哪怕用量很小，也要${pods > 1 ? '分别给它们' : '给它'}设置 request 与 limit。`,
    sizeEachFirst: '它们运行时间太短，无法给出数值：先分别测量一天内的峰值。',
    setEach: ({ sized }) => `按各自目前的峰值：${sized.map(({ name, command }) => `${name}：${command}`).join('；')}`,
  },
  'high-baseline': {
    evidence: ({ ratio, totalKiB, seconds }) =>
      `最近 ${units.duration(seconds)}平均使用 ${sizeText(totalKiB)} 的 ${percentText(ratio)}。`,
    evidenceShort: ({ ratio }) => `最近 15 分钟中有 ${percentText(ratio)} 的时间余量很低。尚无更长的基线。`,
    why: '滚动发布、正在终止的 Pod 或高峰时段需要的内存比余量更多。',
    remedy: '迁走一部分 Pod，使节点日常低于 85%：减少本节点副本、调高 request，或换更大的节点。',
  },
  'terminating-pod-grows': {
    evidence: ({ pod, grewKiB, KiB, seconds, source, isTrigger }) =>
      sentences(
        `正在终止的 Pod ${pod} 在优雅终止期的 ${units.duration(seconds)}内增长 ${sizeText(grewKiB)}，达到 ${sizeText(KiB)}`,
        `来源：${terminationSource(source)}`,
        isTrigger && '失败的内存申请来自它',
      ),
    evidenceUnproven: ({ pod, grewKiB, KiB, seconds }) =>
      `${pod} 在 ${units.duration(seconds)}内增长 ${sizeText(grewKiB)}，达到 ${sizeText(KiB)}。系统日志称它正在终止，但任何用户都能写入该日志。`,
    why: 'Pod 终止时可能需要更多内存，而接替它的 Pod 可能已在同一节点启动。',
    remedy: '为最大的 Pod 预留终止所需的内存。按其终止过程设置 limit。节点接近满载时使用 maxSurge: 0。',
    urgent: ({ command }) => `立即缩短其终止过程：${command}`,
  },
  'growing-workload': {
    evidence: ({ name, byKiB, toKiB, seconds, isNew, limitKiB, baselineKiB }) =>
      sentences(
        isNew
          ? `${name} ${seconds === null ? '' : `于 ${units.duration(seconds)}前`}启动，已占用 ${sizeText(toKiB)}`
          : `${name} ${seconds === null ? '' : `在 ${units.duration(seconds)}内`}增长 ${sizeText(byKiB)}，达到 ${sizeText(toKiB)}`,
        limitKiB === null && '它没有 limit',
        limitKiB != null && `它的 limit 为 ${sizeText(limitKiB)}`,
        baselineKiB !== null && `它最近一天的基线为 ${sizeText(baselineKiB)}`,
      ),
    why: '内存正流向它。任何 OOM kill 都只是在给它腾空间。',
    remedy: ({ setting }) => `设置 limit，让它因自己的增长被杀，而不是殃及邻居：${setting}`,
    remedyOfNode: '查明它增长的原因。节点依赖它，不要把 limit 设得低于它的需要。',
  },
  'unprotected-daemons': {
    evidence: ({ killed, killedAdj, exposed }) =>
      sentences(
        killed !== null &&
          `${spaced(killed)}被内核 OOM 杀掉${killedAdj === null ? '' : `，其 oom_score_adj 为 ${killedAdj}`}`,
        exposed.length > 0 &&
          `未受保护：${units.list(exposed.map(({ unit, adj }) => `${unit}（oom_score_adj ${adj}）`))}`,
      ),
    why: '没有 kubelet 或运行时，节点就会 NotReady。没有 sshd，就无法登录处理。',
    remedy: ({ unit, command }) => `保护 ${unit}（通常为 -999）。在它重启后生效：${command}`,
    remedyProtected: ({ unit, adj, hasLimit }) =>
      `${unit} 已受保护（oom_score_adj ${adj}）仍然被杀。只有${hasLimit ? '调高 limit 或降低用量' : '降低用量或增加内存'}才有帮助。`,
    remedySshd: 'OpenSSH 启动时会自行保护监听进程（-1000）。不要在其 unit 中设置 OOMScoreAdjust：登录会话会继承它。',
    remedyByHand: '在该系统的配置中把它的 oom_score_adj 设为 -999。',
  },
  'own-limit': {
    evidence: ({ name, limit, limitKiB, heldKiB, seconds, growthKiBPerSecond }) =>
      `${name}：${[
        limitKiB === null ? '' : `${limitNames[limit]} ${sizeText(limitKiB)}`,
        heldKiB === null ? '' : `被杀进程占用 ${sizeText(heldKiB)}`,
        seconds === null ? '' : `运行了 ${units.duration(seconds)}`,
        growthKiBPerSecond === null ? '' : `每秒增长 ${sizeText(growthKiBPerSecond)}`,
      ]
        .filter(Boolean)
        .join('，')}。`,
    shared:
      '该 limit 由 Pod 的全部容器和内存卷共用。为 medium 为 Memory 的 emptyDir 设置 sizeLimit，或一并调高 Pod 的 limit。',
    job: '在提交处调高该作业申请的内存。',
    inner: ({ path }) => `在设置 ${path} limit 的地方调高它。外层的 limit 不是原因。`,
    outer: ({ around, how }) =>
      `调高 ${around} 的 limit，或减少其中的内存占用${how === null ? '。' : `。调高命令：${how}`}`,
    managed: ({ manager }) => `在其 ${limitManagers[manager]}中调高 limit。在节点上设置的 limit 会随下一个容器失效。`,
    raise: ({ how }) => `调高它的 limit${how === null ? '。' : `：${how}`}`,
    raiseTo: ({ to }) => `设为 ${to}`,
    find: '查找增长原因（在达到 limit 一半时做 heap dump 或 profile）。',
    meanwhile: ({ how }) => `争取时间：${how}`,
  },
  sharedLimit: {
    why: ({ slice }) => `${slice} 达到了内存 limit，该 limit 由其中的全部工作负载共用。节点其他部分的内存没有帮助。`,
    remedy: ({ slice, how }) =>
      `调高或取消 ${slice} 的内存 limit，或查明其中哪个工作负载在增长${how === null ? '。' : `。调高的方法：${how}`}`,
  },
  'own-limit-leak': { why: '它持续增长直到被杀：调高 limit 只会推迟下一次。请查找泄漏。' },
  'own-limit-too-low': {
    why: '它达到自身 limit，节点其余部分并不缺内存。',
    whyOnly: '它达到自身 limit，这与节点的内存余量无关。',
    whyShared: '它达到的是与其他工作负载共用的 limit。节点其他部分的内存对它没有帮助。',
    whySoon: '它启动后很快被杀：limit 低于它运行所需。',
  },
  'tmpfs-and-shared-memory': {
    evidence: ({ KiB, ratio, changeKiB, owner }) =>
      sentences(
        `tmpfs 与共享内存占用 ${sizeText(KiB)}（${percentText(ratio)}）${changeKiB === null ? '' : `，10 分钟内增加 ${sizeText(changeKiB)}`}`,
        owner === null ? '所有者未知' : `记在 ${owner} 名下`,
      ),
    why: '终止进程无法释放它。tmpfs 中的文件（medium 为 Memory 的 emptyDir、/dev/shm）会一直保留到被删除。',
    remedy:
      '查看是什么在写入：df -t tmpfs --output=used,size,target | sort -n | tail。然后在 Pod 中设置上限：emptyDir: {medium: Memory, sizeLimit: 128Mi}',
  },
  'kernel-slab': {
    evidence: ({ KiB, ratio, changeKiB, reclaimableKiB, unreclaimableKiB }) =>
      sentences(
        `slab 缓存占用 ${sizeText(KiB)}（${percentText(ratio)}）${changeKiB === null ? '' : `，10 分钟内增加 ${sizeText(changeKiB)}`}`,
        `其中可回收 ${sizeText(reclaimableKiB)}，不可回收 ${sizeText(unreclaimableKiB)}`,
      ),
    why: '它不属于任何进程，终止进程无法释放，但内核仍会继续 OOM kill。',
    remedyReclaimable:
      '查看是哪个缓存（dentry 与 inode 多表示文件很多），并释放未使用的部分：slabtop --once --sort=c | head -15; echo 2 > /proc/sys/vm/drop_caches',
    remedy: '查看是哪个缓存。持续增长说明内核或模块泄漏：升级内核，重启可释放：slabtop --once --sort=c | head -15',
  },
  'page-tables': {
    evidence: ({ KiB, ratio, changeKiB }) =>
      `页表占用 ${sizeText(KiB)}（${percentText(ratio)}）${changeKiB === null ? '' : `，10 分钟内增加 ${sizeText(changeKiB)}`}。`,
    why: '它不直接属于某个进程，终止进程释放得很少，但内核仍会继续 OOM kill。',
    remedy: '许多进程共享大块映射（例如未用大页的数据库）。为其配置大页，或减少进程数。',
  },
  'kernel-memory': {
    evidence: ({ KiB, ratio, changeKiB }) =>
      `${sizeText(KiB)}（${percentText(ratio)}）不属于任何进程、缓存或内核计数${changeKiB === null ? '' : `，10 分钟内增加 ${sizeText(changeKiB)}`}。`,
    why: '它不属于任何进程，终止进程无法释放，但内核仍会继续 OOM kill。',
    remedy: '检查驱动、网络缓冲与 GPU：grep -E "Percpu|Vmalloc|DirectMap" /proc/meminfo; cat /proc/net/sockstat',
  },
  hugepages: {
    evidence: ({ KiB, ratio, idleKiB, changeKiB }) =>
      sentences(
        `预留大页 ${sizeText(KiB)}（${percentText(ratio)}），其中 ${sizeText(idleKiB)} 未使用`,
        changeKiB !== null && `10 分钟内又预留 ${sizeText(changeKiB)}`,
      ),
    why: '预留的大页无论是否使用都不能再作他用。kubelet 只在启动时计算。',
    remedy: ({ command }) => `释放未使用的部分。在启动参数（hugepages=）中设置数量，每次修改后重启 kubelet：${command}`,
  },
  balloon: {
    evidence: ({ KiB, changeKiB, totalKiB }) =>
      sentences(
        `虚拟化平台收走了本机 ${sizeText(KiB)} 内存${changeKiB === null ? '' : `，其中 10 分钟内 ${sizeText(changeKiB)}`}`,
        `剩余 ${sizeText(totalKiB)}`,
      ),
    why: 'Kubernetes 仍按原内存计算。kubelet 启动时的可分配量有一部分已不存在。',
    remedy: '在虚拟化平台上归还内存，或固定保留（virsh setmem，或对本机关闭内存超分）。然后重启 kubelet。',
  },
  fragmentation: {
    evidence: ({ pieceKiB, order, zone, freeKiB }) =>
      sentences(
        pieceKiB === null
          ? `内核需要低端内存区（${zone}）的内存`
          : `内核需要 ${sizeText(pieceKiB)} 的连续内存（order ${order}）`,
        `当时总共可用 ${sizeText(freeKiB)}`,
      ),
    why: '有空闲内存，但过于碎片化或不在该区域。少用内存没有帮助，OOM kill 也没有。',
    remedy: ({ command }) => `立即规整，并为此类申请保留更多空闲（通常来自驱动或网卡）：${command}`,
  },
  'swap-settings': {
    evidence: ({ usedKiB, totalKiB, ratio, isZram, cost }) =>
      sentences(
        `${isZram ? '压缩交换（zram）' : '交换区'} ${sizeText(totalKiB)} 已用 ${sizeText(usedKiB)}（${percentText(ratio)}）`,
        cost !== null && `每存 1 MiB 自身占用 ${cost.toFixed(2)} MiB 内存`,
      ),
    whyFull: '交换区已满。它推迟并掩盖了内存不足，此后无法再缓冲。',
    whyPoorZram: '换出的内容几乎不可压缩，交换区反而占用了本应腾出的内存。',
    whyStalled: '刚换出的页马上又被读回：节点在等待磁盘。',
    remedy: ({ swapBehavior }) =>
      `交换区只留给冷页（vm.swappiness=10）${swapBehavior === null ? '' : `，并在 kubelet 中声明：memorySwap: {swapBehavior: ${swapBehavior}}`}。节点规格应按内存而不是交换区确定。`,
  },
  'no-room-to-terminate': {
    evidence: ({ leftKiB, name, KiB, needKiB }) =>
      sentences(`余量 ${sizeText(leftKiB)}`, `${name} 的 Pod（${sizeText(KiB)}）终止时可能还需要 ${sizeText(needKiB)}`),
    why: 'Pod 终止时可能需要更多内存。下一次发布就足以耗尽本节点的内存。',
    remedy: ({ needKiB }) => `至少保留 ${sizeText(needKiB)} 空闲：下次发布前先迁走一个 Pod，并使用 maxSurge: 0。`,
  },
  'futile-victim': {
    evidence: ({ name, kills, consumer, consumerKiB, atKill, score, others }) =>
      sentences(
        `${consumer} ${atKill ? '被杀时' : ''}占用 ${sizeText(consumerKiB)}`,
        kills > 1 && `${name} 被杀 ${kills} 次`,
        score !== null && `${name} 的 OOM 得分 ${score} 通常对应 oom_score_adj 1000（没有 request 与 limit 的 Pod）`,
        others.length > 0 && `释放同样少的还有 ${units.list(others)}`,
      ),
    why: ({ name, KiB }) => `${spaced(`${name}${sized(KiB)}`)}是被杀进程，不是原因：杀它几乎没有释放内存。`,
    remedy: ({ consumer, victim, isPod }) =>
      `为 ${consumer} 设置 limit（已有则调低），或减少它在本节点的数量。${isPod ? `给 ${victim} 设置内存 request 与 limit 只会降低 ${victim} 的 OOM 得分，不会释放内存。` : `调整 ${victim} 没有用。`}`,
  },
  'log-alone': {
    evidence: ({ missing }) => `此日志中没有：${missing.map(gap => logGaps[gap]).join('、')}。`,
    why: '占用取自内核的 kill 日志行。未被杀的进程在日志中没有记录，同名进程视为同一工作负载。',
    remedy: '在节点上运行 oomloop，或回放其录制：即可得知占用最高者、增长、limit 与触发者。',
  },
} satisfies Messages['causes']

const logGaps = {
  workload: '被杀进程所属的 Pod',
  trigger: '申请内存的进程',
  memory: '节点的内存',
  usage: '已用的内存',
  survivors: '未被杀的进程',
  terminating: '正在终止的 Pod',
  end: '事件的结束',
}

const limitNames = {
  own: 'limit',
  pod: '所在 Pod 的 limit',
  slice: '所在 slice 的 limit',
  inner: '内部 cgroup 的 limit',
  outer: '外层的 limit',
}

function sentences(...parts: readonly (string | false)[]): string {
  return parts
    .filter(part => part !== false && part !== '')
    .map(part => `${part}。`)
    .join('')
}

function terminationSource(source: TerminationSource): string {
  return source.from === 'log'
    ? `${source.trusted ? `${source.unit} 的日志` : `syslog（未经证实，自称 ${source.unit}）`}：${source.event}`
    : `进程：其容器 ${source.container} 已退出，接替它的 ${source.successor} 正在运行`
}
