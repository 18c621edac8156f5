import type { Messages } from '../en.ts'

/** Node conditions and Events. */
export const kubernetes = {
  noLoop: '本节点没有 OOM 重启循环。',
  enoughMemory: '节点内存充足。',
  accepted: 'Kubernetes API server 恢复接受请求',
  notAccepted: 'Kubernetes API server 未接受请求，将重试',
  refused: 'Kubernetes API server 拒绝了请求，不再重试',
} satisfies Messages['kubernetes']
