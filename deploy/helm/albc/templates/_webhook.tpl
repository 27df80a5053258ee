{{/* How the API server reaches one of our paths. Called with (dict "root" $ "path" "/…"). */}}
{{- define "albc.clientConfig" -}}
clientConfig:
  {{- if eq (include "albc.certificates" .root) "given" }}
  caBundle: {{ .root.Values.webhookTLS.caCert | b64enc }}
  {{- end }}
  service:
    name: {{ include "albc.webhookService" .root }}
    namespace: {{ .root.Release.Namespace }}
    path: {{ .path }}
admissionReviewVersions:
  - v1
sideEffects: None
{{- end }}

{{/* Our own Pods and objects start whatever the webhooks do. */}}
{{- define "albc.notOurs" -}}
- key: app.kubernetes.io/name
  operator: NotIn
  values:
    - {{ include "albc.name" . }}
{{- end }}

{{/* Narrows a webhook by CEL where the API server knows matchConditions (1.28). Called with (dict "root" $ "name" … "expression" …). */}}
{{- define "albc.matchCondition" -}}
{{- if semverCompare ">= 1.28.0-0" .root.Capabilities.KubeVersion.Version }}
matchConditions:
  - name: {{ .name }}
    expression: >-
      {{ .expression }}
{{- end }}
{{- end }}

{{/* What the controller itself writes is whole, and must not wait for the controller. */}}
{{- define "albc.notFromUs" -}}
{{- include "albc.matchCondition" (dict "root" . "name" "not-from-albc" "expression" (printf "request.userInfo.username != 'system:serviceaccount:%s:%s'" .Release.Namespace (include "albc.serviceAccount" .))) }}
{{- end }}

{{- define "albc.trust" -}}
{{- if eq (include "albc.certificates" .) "cert-manager" }}
annotations:
  cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "albc.prefix" . }}-serving-cert
{{- end }}
{{- end }}

{{/* Refusing a bad Ingress early is a service; refusing forbidden annotations is a policy, and policies hold. */}}
{{- define "albc.ingressFailurePolicy" -}}
{{- if .Values.webhookConfig.ingressValdationFailurePolicy }}
{{- .Values.webhookConfig.ingressValdationFailurePolicy }}
{{- else if or .Values.disableIngressClassAnnotation .Values.disableIngressGroupNameAnnotation }}Fail
{{- else }}Ignore
{{- end }}
{{- end }}
