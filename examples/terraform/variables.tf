variable "region" {
  description = "Region of the cluster."
  type        = string
}

variable "cluster_name" {
  description = "Name of the EKS cluster; the controller gets it as --cluster-name."
  type        = string
}

variable "domain" {
  description = "A domain of yours; a hosted zone is made for it, and a certificate for it and everything below it."
  type        = string
}

variable "identity" {
  description = "How the controller gets its role: pod-identity (EKS add-on) or irsa (OIDC provider of the cluster)."
  type        = string
  default     = "pod-identity"

  validation {
    condition     = contains(["pod-identity", "irsa"], var.identity)
    error_message = "identity must be pod-identity or irsa."
  }
}

variable "policies" {
  description = "Files of deploy/iam/aws that the role gets; base.json is what every installation needs."
  type        = set(string)
  default     = ["base.json"]
}

variable "log_retention_days" {
  description = "After so many days access logs are deleted."
  type        = number
  default     = 90
}
