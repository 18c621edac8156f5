{{- define "oomloop.labels" -}}
app.kubernetes.io/name: oomloop
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "oomloop.selector" -}}
app.kubernetes.io/name: oomloop
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "oomloop.name" -}}
{{- if contains "oomloop" .Release.Name }}{{ .Release.Name }}{{ else }}{{ printf "%s-oomloop" .Release.Name }}{{ end }}
{{- end }}

{{- define "oomloop.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{ .Values.image.repository }}:{{ $tag }}{{ if eq .Values.source "journal" }}-journal{{ end }}
{{- end }}
