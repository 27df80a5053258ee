{{- define "albc.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "albc.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "albc.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "albc.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Begins the names of the webhooks' Service, Secret and configurations; also --webhook-name-prefix. */}}
{{- define "albc.prefix" -}}
{{- default (.Chart.Name | trimSuffix "-controller") .Values.nameOverride | trunc 42 | trimSuffix "-" }}
{{- end }}

{{- define "albc.webhookService" -}}
{{ include "albc.prefix" . }}-webhook-service
{{- end }}

{{- define "albc.webhookSecret" -}}
{{ include "albc.prefix" . }}-tls
{{- end }}

{{- define "albc.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "albc.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "albc.selector" -}}
app.kubernetes.io/name: {{ include "albc.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "albc.labels" -}}
{{- if eq (default "helm" .Values.creator) "helm" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}
{{ include "albc.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.additionalLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* k=v,k=v, sorted by key. */}}
{{- define "albc.pairs" -}}
{{- $pairs := list }}
{{- range $key, $value := . }}{{ $pairs = append $pairs (printf "%s=%v" $key $value) }}{{ end }}
{{- join "," $pairs }}
{{- end }}

{{/* Where the webhooks' certificates come from: albc itself, cert-manager, or PEM among the values. */}}
{{- define "albc.certificates" -}}
{{- if .Values.enableCertManager }}cert-manager
{{- else if and .Values.webhookTLS.caCert .Values.webhookTLS.cert .Values.webhookTLS.key }}given
{{- else }}managed
{{- end }}
{{- end }}

{{- define "albc.metricsPort" -}}
{{- if .Values.metricsBindAddr }}{{ (splitn ":" 2 .Values.metricsBindAddr)._1 | default "8080" }}{{ else }}8080{{ end }}
{{- end }}
