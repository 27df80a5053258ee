#!/usr/bin/env bash
# Makes in an empty emulated account what a cluster needs: a VPC, two public subnets with their tags, a node group.
# Prints the flags of `albc run` for it. Needs the AWS CLI ($AWS names another one).
set -euo pipefail
AWS=${AWS:-aws}
CLUSTER=${CLUSTER:-albc}
export AWS_ENDPOINT_URL=${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}
export AWS_REGION=${AWS_REGION:-us-west-2} AWS_DEFAULT_REGION=${AWS_REGION:-us-west-2}
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-local} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-local}

ec2() { "$AWS" ec2 --output text "$@"; }

vpc=$(ec2 create-vpc --cidr-block 10.240.0.0/16 --query Vpc.VpcId)
gateway=$(ec2 create-internet-gateway --query InternetGateway.InternetGatewayId)
ec2 attach-internet-gateway --internet-gateway-id "$gateway" --vpc-id "$vpc" >/dev/null
table=$(ec2 create-route-table --vpc-id "$vpc" --query RouteTable.RouteTableId)
ec2 create-route --route-table-id "$table" --destination-cidr-block 0.0.0.0/0 --gateway-id "$gateway" >/dev/null
for number in 1 2; do
  zone=$AWS_REGION$([ "$number" = 1 ] && echo a || echo b)
  subnet=$(ec2 create-subnet --vpc-id "$vpc" --cidr-block "10.240.$number.0/24" --availability-zone "$zone" \
    --query Subnet.SubnetId)
  ec2 associate-route-table --route-table-id "$table" --subnet-id "$subnet" >/dev/null
  ec2 create-tags --resources "$subnet" --tags Key=kubernetes.io/role/elb,Value=1 Key=kubernetes.io/role/internal-elb,Value=1
done
group=$(ec2 create-security-group --group-name "$CLUSTER-nodes" --description nodes --vpc-id "$vpc" --query GroupId)
ec2 create-tags --resources "$group" --tags "Key=kubernetes.io/cluster/$CLUSTER,Value=owned"

echo "--cluster-name=$CLUSTER --aws-region=$AWS_REGION --aws-vpc-id=$vpc --aws-api-endpoints=*=$AWS_ENDPOINT_URL"
