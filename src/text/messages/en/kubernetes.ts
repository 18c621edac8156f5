/** Node conditions and Events. */
export const kubernetes = {
  noLoop: 'No OOM-kill loop on this node.',
  enoughMemory: 'The node has enough memory.',
  accepted: 'Kubernetes API server accepts requests again',
  notAccepted: 'Kubernetes API server did not accept a request; trying again',
  refused: 'Kubernetes API server refused a request; not tried again',
}
