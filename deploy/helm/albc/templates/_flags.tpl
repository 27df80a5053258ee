{{/* Values that are one flag each. "set": given for any non-empty value. "bool": given for true and for false. */}}
{{- define "albc.flags" -}}
{{- $set := dict
  "ingressClass" "ingress-class"
  "region" "aws-region"
  "awsApiEndpoints" "aws-api-endpoints"
  "awsMaxRetries" "aws-max-retries"
  "defaultLoadBalancerScheme" "default-load-balancer-scheme"
  "ingressMaxConcurrentReconciles" "ingress-max-concurrent-reconciles"
  "serviceMaxConcurrentReconciles" "service-max-concurrent-reconciles"
  "targetgroupbindingMaxConcurrentReconciles" "targetgroupbinding-max-concurrent-reconciles"
  "albGatewayMaxConcurrentReconciles" "alb-gateway-max-concurrent-reconciles"
  "nlbGatewayMaxConcurrentReconciles" "nlb-gateway-max-concurrent-reconciles"
  "globalAcceleratorMaxConcurrentReconciles" "globalaccelerator-max-concurrent-reconciles"
  "targetgroupbindingMaxExponentialBackoffDelay" "targetgroupbinding-max-exponential-backoff-delay"
  "targetgroupbindingRequeueDuration" "targetgroupbinding-requeue-duration"
  "globalAcceleratorMaxExponentialBackoffDelay" "globalaccelerator-max-exponential-backoff-delay"
  "lbStabilizationMonitorInterval" "lb-stabilization-monitor-interval"
  "syncPeriod" "sync-period"
  "logLevel" "log-level"
  "metricsBindAddr" "metrics-bind-addr"
  "webhookBindPort" "webhook-bind-port"
  "watchNamespace" "watch-namespace"
  "defaultSSLPolicy" "default-ssl-policy"
  "backendSecurityGroup" "backend-security-group"
  "maxTargetsPerTargetGroup" "max-targets-per-target-group"
  "loadBalancerClass" "load-balancer-class"
  "serviceTargetENISGTags" "service-target-eni-security-group-tags"
}}
{{- $bool := dict
  "enablePodReadinessGateInject" "enable-pod-readiness-gate-inject"
  "enableShield" "enable-shield"
  "enableWaf" "enable-waf"
  "enableWafv2" "enable-wafv2"
  "disableIngressClassAnnotation" "disable-ingress-class-annotation"
  "disableIngressGroupNameAnnotation" "disable-ingress-group-name-annotation"
  "tolerateNonExistentBackendService" "tolerate-non-existent-backend-service"
  "tolerateNonExistentBackendAction" "tolerate-non-existent-backend-action"
  "enableEndpointSlices" "enable-endpoint-slices"
  "enableBackendSecurityGroup" "enable-backend-security-group"
  "enableManageBackendSecurityGroupRules" "enable-manage-backend-security-group-rules"
  "disableRestrictedSecurityGroupRules" "disable-restricted-sg-rules"
}}
- --cluster-name={{ tpl (required "Chart cannot be installed without a valid clusterName!" .Values.clusterName) . }}
{{- range $value, $flag := $set }}
{{- with get $.Values $value }}
- --{{ $flag }}={{ . }}
{{- end }}
{{- end }}
{{- range $value, $flag := $bool }}
{{- if kindIs "bool" (get $.Values $value) }}
- --{{ $flag }}={{ get $.Values $value }}
{{- end }}
{{- end }}
{{- with .Values.vpcId }}
- --aws-vpc-id={{ tpl . $ }}
{{- end }}
{{- with .Values.vpcTags }}
- --aws-vpc-tags={{ include "albc.pairs" . }}
{{- end }}
{{- with .Values.awsApiThrottle }}
- --aws-api-throttle={{ join "," . }}
{{- end }}
{{- if ne (default "instance" .Values.defaultTargetType) "instance" }}
- --default-target-type={{ .Values.defaultTargetType }}
{{- end }}
{{- with .Values.defaultTags }}
- --default-tags={{ include "albc.pairs" . }}
{{- end }}
{{- with .Values.externalManagedTags }}
- --external-managed-tags={{ join "," . }}
{{- end }}
{{- with .Values.controllerConfig.featureGates }}
- --feature-gates={{ include "albc.pairs" . }}
{{- end }}
{{- with .Values.certManagement.defaultPCAARN }}
- --default-pca-arn={{ . }}
{{- end }}
{{- with .Values.certDiscovery.allowedCertificateAuthorityARNs }}
- --allowed-certificate-authority-arns={{ . }}
{{- end }}
{{- if eq (include "albc.certificates" .) "managed" }}
- --webhook-certificates=managed
- --webhook-name-prefix={{ include "albc.prefix" . }}
{{- end }}
{{- end }}
