# The controller's role, with the policies of deploy/iam, by Pod Identity or IRSA.
locals {
  namespace       = "kube-system"
  service_account = "aws-load-balancer-controller"
  issuer          = trimprefix(data.aws_eks_cluster.this.identity[0].oidc[0].issuer, "https://")
}

data "aws_eks_cluster" "this" {
  name = var.cluster_name
}

data "aws_iam_openid_connect_provider" "cluster" {
  count = var.identity == "irsa" ? 1 : 0
  url   = data.aws_eks_cluster.this.identity[0].oidc[0].issuer
}

data "aws_iam_policy_document" "pod_identity" {
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "irsa" {
  count = var.identity == "irsa" ? 1 : 0

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [data.aws_iam_openid_connect_provider.cluster[0].arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["system:serviceaccount:${local.namespace}:${local.service_account}"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "controller" {
  name_prefix = "${var.cluster_name}-albc-"
  assume_role_policy = (
    var.identity == "irsa"
    ? data.aws_iam_policy_document.irsa[0].json
    : data.aws_iam_policy_document.pod_identity.json
  )
}

resource "aws_iam_policy" "controller" {
  for_each    = var.policies
  name_prefix = "${var.cluster_name}-albc-${trimsuffix(each.value, ".json")}-"
  policy      = file("${path.module}/../../deploy/iam/${data.aws_partition.current.partition}/${each.value}")
}

resource "aws_iam_role_policy_attachment" "controller" {
  for_each   = aws_iam_policy.controller
  role       = aws_iam_role.controller.name
  policy_arn = each.value.arn
}

resource "aws_eks_pod_identity_association" "controller" {
  count           = var.identity == "pod-identity" ? 1 : 0
  cluster_name    = var.cluster_name
  namespace       = local.namespace
  service_account = local.service_account
  role_arn        = aws_iam_role.controller.arn
}
