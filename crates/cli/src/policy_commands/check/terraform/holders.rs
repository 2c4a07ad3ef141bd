//! The resources of the AWS provider that hold policy documents, and what their policies can grant.

/// A resource of the AWS provider that holds a policy document.
pub(super) struct Holder {
    pub(super) kind: &'static str,
    /// The attribute, behind the name of its block where it stands in one.
    pub(super) attribute: &'static str,
    /// What the policy belongs to, where it is a resource's.
    pub(super) resource_type: Option<&'static str>,
}

const fn holder(kind: &'static str, attribute: &'static str, resource_type: &'static str) -> Holder {
    let resource_type = if resource_type.is_empty() { None } else { Some(resource_type) };
    Holder { kind, attribute, resource_type }
}

/// The services whose actions the policy of a resource type can grant; `None` for a type that Access Analyzer does
/// not know.
pub(crate) fn services_of(resource_type: &str) -> Option<&'static [&'static str]> {
    SERVICES.iter().find(|(name, _)| *name == resource_type).map(|(_, services)| *services)
}

/// The resource types of [`services_of`].
pub(crate) fn resource_types() -> Vec<&'static str> {
    SERVICES.iter().map(|(name, _)| *name).collect()
}

const ROLE: &str = "AWS::IAM::AssumeRolePolicyDocument";

/// The resources of the AWS provider that hold policy documents.
pub(super) const HOLDERS: &[Holder] = &[
    holder("aws_iam_policy", "policy", ""),
    holder("aws_iam_role", "assume_role_policy", ROLE),
    holder("aws_iam_role", "inline_policy.policy", ""),
    holder("aws_iam_role_policy", "policy", ""),
    holder("aws_iam_user_policy", "policy", ""),
    holder("aws_iam_group_policy", "policy", ""),
    holder("aws_ssoadmin_permission_set_inline_policy", "inline_policy", ""),
    holder("aws_s3_bucket", "policy", "AWS::S3::Bucket"),
    holder("aws_s3_bucket_policy", "policy", "AWS::S3::Bucket"),
    holder("aws_s3_directory_bucket_policy", "policy", "AWS::S3Express::DirectoryBucket"),
    holder("aws_s3_access_point", "policy", "AWS::S3::AccessPoint"),
    holder("aws_s3control_access_point_policy", "policy", "AWS::S3::AccessPoint"),
    holder("aws_s3control_bucket_policy", "policy", "AWS::S3Outposts::Bucket"),
    holder("aws_s3tables_table_bucket_policy", "resource_policy", "AWS::S3Tables::TableBucket"),
    holder("aws_s3tables_table_policy", "resource_policy", "AWS::S3Tables::Table"),
    holder("aws_glacier_vault", "access_policy", "AWS::S3::Glacier"),
    holder("aws_kms_key", "policy", "AWS::KMS::Key"),
    holder("aws_kms_key_policy", "policy", "AWS::KMS::Key"),
    holder("aws_kms_external_key", "policy", "AWS::KMS::Key"),
    holder("aws_kms_replica_key", "policy", "AWS::KMS::Key"),
    holder("aws_sqs_queue", "policy", "AWS::SQS::Queue"),
    holder("aws_sqs_queue_policy", "policy", "AWS::SQS::Queue"),
    holder("aws_sns_topic", "policy", "AWS::SNS::Topic"),
    holder("aws_sns_topic_policy", "policy", "AWS::SNS::Topic"),
    holder("aws_secretsmanager_secret", "policy", "AWS::SecretsManager::Secret"),
    holder("aws_secretsmanager_secret_policy", "policy", "AWS::SecretsManager::Secret"),
    holder("aws_dynamodb_resource_policy", "policy", "AWS::DynamoDB::Table"),
    holder("aws_kinesis_resource_policy", "policy", "AWS::Kinesis::Stream"),
    holder("aws_efs_file_system_policy", "policy", "AWS::EFS::FileSystem"),
    holder("aws_opensearch_domain", "access_policies", "AWS::OpenSearchService::Domain"),
    holder("aws_opensearch_domain_policy", "access_policies", "AWS::OpenSearchService::Domain"),
    holder("aws_elasticsearch_domain", "access_policies", "AWS::OpenSearchService::Domain"),
    holder("aws_elasticsearch_domain_policy", "access_policies", "AWS::OpenSearchService::Domain"),
    holder("aws_api_gateway_rest_api", "policy", "AWS::ApiGateway::RestApi"),
    holder("aws_api_gateway_rest_api_policy", "policy", "AWS::ApiGateway::RestApi"),
    holder("aws_codeartifact_domain_permissions_policy", "policy_document", "AWS::CodeArtifact::Domain"),
    holder("aws_backup_vault_policy", "policy", "AWS::Backup::BackupVault"),
    holder("aws_cloudtrail_event_data_store", "resource_policy", "AWS::CloudTrail::EventDataStore"),
    holder("aws_ecr_repository_policy", "policy", "AWS::ECR::Repository"),
    holder("aws_cloudwatch_event_bus_policy", "policy", "AWS::Events::EventBus"),
    holder("aws_cloudwatch_log_resource_policy", "policy_document", "AWS::Logs::ResourcePolicy"),
    holder("aws_cloudwatch_log_destination_policy", "access_policy", "AWS::Logs::Destination"),
    holder("aws_glue_resource_policy", "policy", "AWS::Glue::Catalog"),
    holder("aws_ses_identity_policy", "policy", "AWS::SES::Identity"),
    holder("aws_acmpca_policy", "policy", "AWS::ACMPCA::CertificateAuthority"),
    holder("aws_api_gateway_domain_name", "policy", "AWS::ApiGateway::DomainName"),
    holder("aws_cloudsearch_domain_service_access_policy", "access_policy", "AWS::CloudSearch::Domain"),
    holder(
        "aws_cloudwatch_log_delivery_destination_policy",
        "delivery_destination_policy",
        "AWS::Logs::DeliveryDestination",
    ),
    holder(
        "aws_codeartifact_repository_permissions_policy",
        "policy_document",
        "AWS::CodeArtifact::Repository",
    ),
    holder("aws_codebuild_resource_policy", "policy", "AWS::CodeBuild::Project"),
    holder("aws_ecr_registry_policy", "policy", "AWS::ECR::RegistryPolicy"),
    holder("aws_ecr_repository_creation_template", "repository_policy", "AWS::ECR::Repository"),
    holder("aws_ecrpublic_repository_policy", "policy", "AWS::ECR::PublicRepository"),
    holder("aws_glacier_vault_lock", "policy", "AWS::S3::Glacier"),
    holder("aws_kms_replica_external_key", "policy", "AWS::KMS::Key"),
    holder("aws_media_store_container_policy", "policy", "AWS::MediaStore::Container"),
    holder("aws_msk_cluster_policy", "policy", "AWS::MSK::Cluster"),
    holder("aws_networkfirewall_resource_policy", "policy", "AWS::NetworkFirewall::FirewallPolicy"),
    holder("aws_oam_sink_policy", "policy", "AWS::Oam::Sink"),
    holder("aws_organizations_resource_policy", "content", "AWS::Organizations::ResourcePolicy"),
    holder("aws_redshift_resource_policy", "policy", "AWS::Redshift::Cluster"),
    holder("aws_redshiftserverless_resource_policy", "policy", "AWS::RedshiftServerless::Namespace"),
    holder("aws_s3control_access_grants_instance_resource_policy", "policy", "AWS::S3::AccessGrantsInstance"),
    holder(
        "aws_s3control_multi_region_access_point_policy",
        "details.policy",
        "AWS::S3::MultiRegionAccessPoint",
    ),
    holder("aws_s3control_object_lambda_access_point_policy", "policy", "AWS::S3ObjectLambda::AccessPoint"),
    holder(
        "aws_sagemaker_model_package_group_policy",
        "resource_policy",
        "AWS::SageMaker::ModelPackageGroup",
    ),
    holder("aws_schemas_registry_policy", "policy", "AWS::EventSchemas::Registry"),
    holder("aws_sesv2_email_identity_policy", "policy", "AWS::SES::Identity"),
    holder("aws_vpclattice_auth_policy", "policy", "AWS::VpcLattice::AuthPolicy"),
    holder("aws_vpclattice_resource_policy", "policy", "AWS::VpcLattice::ResourcePolicy"),
    holder("aws_xray_resource_policy", "policy_document", "AWS::XRay::ResourcePolicy"),
    holder("aws_vpc_endpoint", "policy", ""),
    holder("aws_vpc_endpoint_policy", "policy", ""),
];

/// By resource type, the services whose actions its policy can grant.
const SERVICES: &[(&str, &[&str])] = &[
    ("AWS::ApiGateway::RestApi", &["execute-api"]),
    ("AWS::Backup::BackupVault", &["backup"]),
    ("AWS::CloudTrail::Dashboard", &["cloudtrail"]),
    ("AWS::CloudTrail::EventDataStore", &["cloudtrail"]),
    ("AWS::CodeArtifact::Domain", &["codeartifact"]),
    ("AWS::DynamoDB::Stream", &["dynamodb"]),
    ("AWS::DynamoDB::Table", &["dynamodb"]),
    ("AWS::ECR::Repository", &["ecr"]),
    ("AWS::EFS::FileSystem", &["elasticfilesystem"]),
    ("AWS::Events::EventBus", &["events"]),
    ("AWS::Glue::Catalog", &["glue"]),
    (ROLE, &["sts"]),
    ("AWS::KMS::Key", &["kms"]),
    ("AWS::Kinesis::Stream", &["kinesis"]),
    ("AWS::Kinesis::StreamConsumer", &["kinesis"]),
    ("AWS::Lambda::Function", &["lambda"]),
    ("AWS::Logs::Destination", &["logs"]),
    ("AWS::Logs::ResourcePolicy", &["logs"]),
    ("AWS::OpenSearchService::Domain", &["es"]),
    ("AWS::S3::AccessPoint", &["s3"]),
    ("AWS::S3::Bucket", &["s3"]),
    ("AWS::S3::Glacier", &["glacier"]),
    ("AWS::S3Express::AccessPoint", &["s3express"]),
    ("AWS::S3Express::DirectoryBucket", &["s3express"]),
    ("AWS::S3Outposts::AccessPoint", &["s3-outposts"]),
    ("AWS::S3Outposts::Bucket", &["s3-outposts"]),
    ("AWS::S3Tables::Table", &["s3tables"]),
    ("AWS::S3Tables::TableBucket", &["s3tables"]),
    ("AWS::SES::Identity", &["ses"]),
    ("AWS::SNS::Topic", &["sns"]),
    ("AWS::SQS::Queue", &["sqs"]),
    ("AWS::SecretsManager::Secret", &["secretsmanager"]),
    // Not among Access Analyzer's types, but of the same kind.
    ("AWS::ACMPCA::CertificateAuthority", &["acm-pca"]),
    ("AWS::ApiGateway::DomainName", &["execute-api"]),
    ("AWS::CloudSearch::Domain", &["cloudsearch"]),
    ("AWS::CodeArtifact::Repository", &["codeartifact"]),
    ("AWS::CodeBuild::Project", &["codebuild"]),
    ("AWS::EC2::Image", &["ec2"]),
    ("AWS::EC2::VPCEndpointService", &["ec2"]),
    ("AWS::ECR::PublicRepository", &["ecr-public"]),
    ("AWS::ECR::RegistryPolicy", &["ecr"]),
    ("AWS::EventSchemas::Registry", &["schemas"]),
    ("AWS::Lambda::LayerVersion", &["lambda"]),
    ("AWS::Logs::DeliveryDestination", &["logs"]),
    ("AWS::MSK::Cluster", &["kafka", "kafka-cluster"]),
    ("AWS::MediaStore::Container", &["mediastore"]),
    ("AWS::NetworkFirewall::FirewallPolicy", &["network-firewall"]),
    ("AWS::Oam::Sink", &["oam"]),
    ("AWS::Organizations::ResourcePolicy", &["organizations"]),
    ("AWS::Redshift::Cluster", &["redshift"]),
    ("AWS::RedshiftServerless::Namespace", &["redshift-serverless"]),
    ("AWS::S3::AccessGrantsInstance", &["s3"]),
    ("AWS::S3::MultiRegionAccessPoint", &["s3"]),
    ("AWS::S3ObjectLambda::AccessPoint", &["s3-object-lambda"]),
    ("AWS::SageMaker::ModelPackageGroup", &["sagemaker"]),
    ("AWS::Signer::SigningProfile", &["signer"]),
    ("AWS::VpcLattice::AuthPolicy", &["vpc-lattice-svcs"]),
    ("AWS::VpcLattice::ResourcePolicy", &["vpc-lattice"]),
    ("AWS::XRay::ResourcePolicy", &["xray"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_fit_each_other() {
        for holder in HOLDERS {
            assert!(holder.resource_type.is_none_or(|name| services_of(name).is_some()), "{}", holder.kind);
        }
        for (name, services) in SERVICES {
            assert!(!services.is_empty() && name.starts_with("AWS::"), "{name}");
            for service in *services {
                assert!(catalog::service(service).is_some(), "{service}");
            }
        }
    }
}
