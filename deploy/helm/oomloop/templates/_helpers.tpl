{{- define "oomloop.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "oomloop.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "oomloop.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "oomloop.selectorLabels" -}}
app.kubernetes.io/name: {{ include "oomloop.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "oomloop.labels" -}}
{{ include "oomloop.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "oomloop.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "oomloop.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "oomloop.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else if .Values.image.tag -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Chart.AppVersion }}{{ if eq .Values.source "journal" }}-journal{{ end }}
{{- end }}
{{- end }}

{{- define "oomloop.secretName" -}}
{{- .Values.existingSecret | default (include "oomloop.fullname" .) }}
{{- end }}

{{/* The settings file; with kubernetes.enabled it has the webhook that writes conditions and Events, with hold.mode the mode. */}}
{{- define "oomloop.settings" -}}
{{- $settings := deepCopy .Values.settings }}
{{- if .Values.kubernetes.enabled }}
{{- $webhooks := append (default (list) $settings.webhooks) (dict "name" "kubernetes" "format" "kubernetes") }}
{{- $_ := set $settings "webhooks" $webhooks }}
{{- end }}
{{- if ne .Values.hold.mode "off" }}
{{- $_ := set $settings "hold" .Values.hold.mode }}
{{- end }}
{{- toYaml $settings }}
{{- end }}
