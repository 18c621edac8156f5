export const everything = {
  podMonitor: { enabled: true, additionalLabels: { release: 'prometheus' }, scrapeTimeout: '10s' },
  prometheusRule: { enabled: true, additionalLabels: { release: 'prometheus' } },
  networkPolicy: { enabled: true, from: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }] },
  namespace: { create: true },
  kubernetes: { enabled: true },
  hostNetwork: true,
  secret: { data: { url: 'https://a.example' } },
}
/** What teams commonly set, a set of values each. */
export const valueSets: Readonly<Record<string, object>> = {
  'no values': {},
  'everything on': everything,
  'names and labels': {
    nameOverride: 'oom',
    commonLabels: { team: 'sre' },
    podLabels: { a: 'b' },
    podAnnotations: { c: 'd' },
  },
  'a full name': { fullnameOverride: 'node-oomloop', annotations: { e: 'f' } },
  'an image by digest from a private registry': {
    image: { repository: 'r.example/oomloop', digest: `sha256:${'a'.repeat(64)}` },
    imagePullSecrets: [{ name: 'regcred' }],
  },
  'an existing secret and account': {
    existingSecret: 'alerting',
    serviceAccount: { create: false, name: 'node-agent' },
    kubernetes: { enabled: true },
  },
  'hold on': { hold: { mode: 'on' } },
  'hold suggested': { hold: { mode: 'suggest' } },
  'an account with annotations': { serviceAccount: { annotations: { 'eks.amazonaws.com/role-arn': 'arn:x' } } },
  'extra environment, arguments and volumes': {
    extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy.example:3128' }],
    extraArgs: ['--observe'],
    extraVolumes: [{ name: 'ca', configMap: { name: 'ca' } }],
    extraVolumeMounts: [{ name: 'ca', mountPath: '/etc/ca', readOnly: true }],
  },
  placement: {
    tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'pool', operator: 'In', values: ['batch'] }] }],
        },
      },
    },
    nodeSelector: { 'kubernetes.io/os': 'linux', pool: 'batch' },
    priorityClassName: '',
    updateStrategy: { type: 'OnDelete', rollingUpdate: null },
  },
  'the journal with extra arguments': { source: 'journal', extraArgs: ['--observe'], dnsPolicy: 'None' },
}
