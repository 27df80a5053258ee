output "role_arn" {
  description = "With IRSA: the chart's serviceAccount.annotations, eks.amazonaws.com/role-arn."
  value       = aws_iam_role.controller.arn
}

output "web_acl_arn" {
  description = "For alb.ingress.kubernetes.io/wafv2-acl-arn."
  value       = aws_wafv2_web_acl.site.arn
}

output "log_bucket" {
  description = "For access_logs.s3.bucket; logs need a prefix (access_logs.s3.prefix)."
  value       = aws_s3_bucket.logs.bucket
}

output "certificate_arn" {
  description = "Found by host name; for those who would rather name it."
  value       = aws_acm_certificate_validation.site.certificate_arn
}

output "name_servers" {
  description = "For the domain's registrar."
  value       = aws_route53_zone.site.name_servers
}
