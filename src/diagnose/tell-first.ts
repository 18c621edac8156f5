import { sizeText } from '../say.ts'
import { shortName } from './names.ts'
import type { Relief } from './relief.ts'
import type { Scene } from './scene.ts'
import { cut, type Part } from './sentence.ts'

export function first({ say, host, isKubernetes }: Scene, relief: Relief | null): Part {
  const worth = 90
  if (!relief) return { worth, texts: [isKubernetes ? say('first: cordon the node', '首先：封锁节点') : ''] }
  switch (relief.kind) {
    case 'pod': {
      const name =
        relief.pod.pod !== null ? `${relief.pod.namespace}/${relief.pod.pod}` : shortName(relief.pod.workload)
      const size = sizeText(relief.KiB)
      if (relief.because === 'returns') {
        return {
          worth,
          texts: [
            say(
              `first: cordon the node and delete pod ${cut(name)} before it takes as much again`,
              `首先：封锁节点并删除 Pod ${cut(name)}，以免它再次占用`,
            ),
            say(`first: cordon, delete pod ${cut(name)}`, `首先：封锁节点，删除 Pod ${cut(name)}`),
          ],
        }
      }
      return relief.because === 'ending'
        ? {
            worth,
            texts: [
              say(
                `first: cordon the node and end that pod at once, which gives back ${size}`,
                `首先：封锁节点并立即结束该 Pod，可释放 ${size}`,
              ),
              say('first: cordon the node and end that pod', '首先：封锁节点并结束该 Pod'),
            ],
          }
        : {
            worth,
            texts: [
              say(
                `first: cordon the node and delete pod ${cut(name)}, which gives back ${size}`,
                `首先：封锁节点并删除 Pod ${cut(name)}，可释放 ${size}`,
              ),
              say(
                `first: cordon, delete pod ${cut(name)} (${size})`,
                `首先：封锁节点，删除 Pod ${cut(name)}（${size}）`,
              ),
              say('first: cordon the node and delete the pod named below', '首先：封锁节点并删除下面所列的 Pod'),
            ],
          }
    }
    case 'workload':
      return host.sight === 'log'
        ? {
            worth,
            texts: [
              say(
                `first: find whose ${relief.holder.name} it is and move that away`,
                `首先：找出 ${relief.holder.name} 属于谁并迁走`,
              ),
            ],
          }
        : {
            worth,
            texts: [
              say(
                `first: stop ${relief.holder.name}, which gives back ${sizeText(relief.KiB)}`,
                `首先：停止 ${relief.holder.name}，可释放 ${sizeText(relief.KiB)}`,
              ),
              say(`first: stop ${relief.holder.name}`, `首先：停止 ${relief.holder.name}`),
            ],
          }
    case 'died':
      return {
        worth,
        texts: [
          say('first: cordon the node and see whether that was enough', '首先：封锁节点并观察是否已经足够'),
          say('first: cordon the node', '首先：封锁节点'),
        ],
      }
    case 'look':
      return {
        worth,
        texts: [
          say(
            'first: see who holds the memory, for the victim is rarely the culprit',
            '首先：查看谁占用内存，受害者很少是元凶',
          ),
          say('first: see who holds the memory', '首先：查看谁占用内存'),
        ],
      }
    case 'hugepages':
      return {
        worth,
        texts: [
          say(
            `first: give back the unused hugepages, ${sizeText(relief.KiB)}`,
            `首先：归还未使用的大页 ${sizeText(relief.KiB)}`,
          ),
        ],
      }
    case 'compact':
      return { worth, texts: [say('first: let the kernel compact memory', '首先：让内核整理内存')] }
    case 'tmpfs':
      return {
        worth,
        texts: [
          say(
            'first: find the tmpfs that fills and empty it, for no kill frees it',
            '首先：找出正在写满的 tmpfs 并清空，杀进程无法释放它',
          ),
          say('first: find the tmpfs that fills and empty it', '首先：找出正在写满的 tmpfs 并清空'),
        ],
      }
    case 'slab':
      return {
        worth,
        texts: [say('first: drop dentries and inodes that are not in use', '首先：释放未使用的 dentry 与 inode')],
      }
  }
}
