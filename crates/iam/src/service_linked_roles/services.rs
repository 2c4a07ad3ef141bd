//! Which services have service-linked roles, what the roles are called, and which of AWS's policies they have.

use types::Partition;

/// The role of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Linked {
    /// The role's name, without a suffix.
    pub(super) role: String,
    /// The path and name of its policy, where the catalog has it: `/aws-service-role/…`.
    pub(super) policy: Option<&'static str>,
    /// Whether an account may have several, each with a suffix of its own.
    pub(super) takes_suffix: bool,
}

/// The role of a service, by the service's principal, `ecs.amazonaws.com`; none where there is no such service.
///
/// A service that is not in the table is known if a label of its principal is the prefix of one in the catalog. Its role
/// is named after the labels, last one first, each word with a capital: `pool.my-service.amazonaws.com` has
/// `AWSServiceRoleForMyServicePool`. It has no policy and takes suffixes.
pub(super) fn find(principal: &str) -> Option<Linked> {
    let service = principal.strip_suffix(".amazonaws.com")?;
    if let Ok(at) = SERVICES.binary_search_by(|row| row.service.cmp(service)) {
        let row = SERVICES.get(at)?;
        let managed = catalog::managed_policy(row.policy);
        return Some(Linked {
            role: format!("AWSServiceRoleFor{}", row.role),
            policy: managed.map(|_| row.policy),
            takes_suffix: row.takes_suffix,
        });
    }
    let labels: Vec<&str> = service.split('.').collect();
    labels.iter().find(|label| catalog::service(label).is_some())?;
    let words = labels.iter().rev().flat_map(|label| label.split('-'));
    let role = words.fold("AWSServiceRoleFor".to_owned(), |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    });
    Some(Linked { role, policy: None, takes_suffix: true })
}

/// Whether a label is one of a principal in the table.
pub(super) fn names(label: &str) -> bool {
    SERVICES.iter().any(|row| row.service.split('.').any(|word| word == label))
}

/// The ARN of a policy in a partition.
pub(super) fn arn(partition: Partition, path_and_name: &str) -> String {
    format!("arn:{}:iam::aws:policy{path_and_name}", partition.as_str())
}

struct Row {
    service: &'static str,
    role: &'static str,
    policy: &'static str,
    takes_suffix: bool,
}

const fn one(service: &'static str, role: &'static str, policy: &'static str) -> Row {
    Row { service, role, policy, takes_suffix: false }
}

const fn suffixed(service: &'static str, role: &'static str, policy: &'static str) -> Row {
    Row { service, role, policy, takes_suffix: true }
}

/// By the service's principal without `.amazonaws.com`, in order: its role's name behind `AWSServiceRoleFor` and the
/// role's policy.
#[rustfmt::skip]
const SERVICES: &[Row] = &[
    one("access-analyzer", "AccessAnalyzer", "/aws-service-role/AccessAnalyzerServiceRolePolicy"),
    one("accountdiscovery.ssm", "AmazonSSM_AccountDiscovery", "/aws-service-role/AWSSystemsManagerAccountDiscoveryServicePolicy"),
    one("acm", "CertificateManager", "/aws-service-role/CertificateManagerServiceRolePolicy"),
    one("airflow", "AmazonMWAA", "/aws-service-role/AmazonMWAAServiceRolePolicy"),
    one("apidestinations.events", "AmazonEventBridgeApiDestinations", "/aws-service-role/AmazonEventBridgeApiDestinationsServiceRolePolicy"),
    one("appmesh", "AppMesh", "/aws-service-role/AWSAppMeshServiceRolePolicy"),
    one("apprunner", "AppRunner", "/aws-service-role/AppRunnerServiceRolePolicy"),
    one("appstream.application-autoscaling", "ApplicationAutoScaling_AppStreamFleet", "/aws-service-role/AWSApplicationAutoscalingAppStreamFleetPolicy"),
    one("appsync", "AppSync", "/aws-service-role/AWSAppSyncServiceRolePolicy"),
    one("auditmanager", "AuditManager", "/aws-service-role/AWSAuditManagerServiceRolePolicy"),
    suffixed("autoscaling", "AutoScaling", "/aws-service-role/AutoScalingServiceRolePolicy"),
    one("autoscaling-plans", "AutoScalingPlans_EC2AutoScaling", "/aws-service-role/AWSAutoScalingPlansEC2AutoScalingPolicy"),
    one("backup", "Backup", "/aws-service-role/AWSBackupServiceLinkedRolePolicyForBackup"),
    one("batch", "Batch", "/aws-service-role/BatchServiceRolePolicy"),
    one("cassandra.application-autoscaling", "ApplicationAutoScaling_CassandraTable", "/aws-service-role/AWSApplicationAutoscalingCassandraTablePolicy"),
    one("channels.lex", "LexChannels", "/aws-service-role/LexChannelPolicy"),
    one("cks.kms", "KeyManagementServiceCustomKeyStores", "/aws-service-role/AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy"),
    one("clientvpn", "ClientVPN", "/aws-service-role/ClientVPNServiceRolePolicy"),
    one("clientvpn-connections", "ClientVPNConnections", "/aws-service-role/ClientVPNServiceConnectionsRolePolicy"),
    one("cloud9", "AWSCloud9", "/aws-service-role/AWSCloud9ServiceRolePolicy"),
    one("cloudhsm", "CloudHSM", "/aws-service-role/CloudHSMServiceRolePolicy"),
    one("cloudtrail", "CloudTrail", "/aws-service-role/CloudTrailServiceRolePolicy"),
    one("codestar-notifications", "CodeStarNotifications", "/aws-service-role/AWSCodeStarNotificationsServiceRolePolicy"),
    one("cognito-idp", "AmazonCognitoIdp", "/aws-service-role/AmazonCognitoIdpServiceRolePolicy"),
    one("comprehend.application-autoscaling", "ApplicationAutoScaling_ComprehendEndpoint", "/aws-service-role/AWSApplicationAutoscalingComprehendEndpointPolicy"),
    one("compute-optimizer", "ComputeOptimizer", "/aws-service-role/ComputeOptimizerServiceRolePolicy"),
    one("config", "Config", "/aws-service-role/AWSConfigServiceRolePolicy"),
    one("config-conforms", "ConfigConforms", "/aws-service-role/ConfigConformsServiceRolePolicy"),
    one("config-multiaccountsetup", "ConfigMultiAccountSetup", "/aws-service-role/AWSConfigMultiAccountSetupPolicy"),
    suffixed("connect", "AmazonConnect", "/aws-service-role/AmazonConnectServiceLinkedRolePolicy"),
    one("controltower", "AWSControlTower", "/aws-service-role/AWSControlTowerAccountServiceRolePolicy"),
    one("custom-resource.application-autoscaling", "ApplicationAutoScaling_CustomResource", "/aws-service-role/AWSApplicationAutoScalingCustomResourcePolicy"),
    one("dax", "DAX", "/aws-service-role/DAXServiceRolePolicy"),
    one("delivery.logs", "LogDelivery", "/aws-service-role/AWSServiceRoleForLogDeliveryPolicy"),
    one("detective", "Detective", "/aws-service-role/AmazonDetectiveServiceLinkedRolePolicy"),
    one("devops-guru", "DevOpsGuru", "/aws-service-role/AmazonDevOpsGuruServiceRolePolicy"),
    one("dynamodb.application-autoscaling", "ApplicationAutoScaling_DynamoDBTable", "/aws-service-role/AWSApplicationAutoscalingDynamoDBTablePolicy"),
    one("ec2.application-autoscaling", "ApplicationAutoScaling_EC2SpotFleetRequest", "/aws-service-role/AWSApplicationAutoscalingEC2SpotFleetRequestPolicy"),
    one("ec2fleet", "EC2Fleet", "/aws-service-role/AWSEC2FleetServiceRolePolicy"),
    one("ec2scheduled", "EC2ScheduledInstances", "/aws-service-role/AWSServiceRoleForEC2ScheduledInstances"),
    one("ecs", "ECS", "/aws-service-role/AmazonECSServiceRolePolicy"),
    one("ecs.application-autoscaling", "ApplicationAutoScaling_ECSService", "/aws-service-role/AWSApplicationAutoscalingECSServicePolicy"),
    one("eks", "AmazonEKS", "/aws-service-role/AmazonEKSServiceRolePolicy"),
    one("eks-connector", "AmazonEKSConnector", "/aws-service-role/AmazonEKSConnectorServiceRolePolicy"),
    one("eks-fargate", "AmazonEKSForFargate", "/aws-service-role/AmazonEKSForFargateServiceRolePolicy"),
    one("eks-nodegroup", "AmazonEKSNodegroup", "/aws-service-role/AWSServiceRoleForAmazonEKSNodegroup"),
    one("elasticache", "ElastiCache", "/aws-service-role/ElastiCacheServiceRolePolicy"),
    one("elasticache.application-autoscaling", "ApplicationAutoScaling_ElastiCacheRG", "/aws-service-role/AWSApplicationAutoscalingElastiCacheRGPolicy"),
    one("elasticbeanstalk", "ElasticBeanstalk", "/aws-service-role/AWSElasticBeanstalkServiceRolePolicy"),
    one("elasticfilesystem", "AmazonElasticFileSystem", "/aws-service-role/AmazonElasticFileSystemServiceRolePolicy"),
    one("elasticloadbalancing", "ElasticLoadBalancing", "/aws-service-role/AWSElasticLoadBalancingServiceRolePolicy"),
    one("elasticmapreduce", "EMRCleanup", "/aws-service-role/AmazonEMRCleanupPolicy"),
    one("elasticmapreduce.application-autoscaling", "ApplicationAutoScaling_EMRInstanceGroup", "/aws-service-role/AWSApplicationAutoscalingEMRInstanceGroupPolicy"),
    one("email.cognito-idp", "AmazonCognitoIdpEmailService", "/aws-service-role/AmazonCognitoIdpEmailServiceRolePolicy"),
    one("emr-containers", "AmazonEMRContainers", "/aws-service-role/AmazonEMRContainersServiceRolePolicy"),
    one("es", "AmazonElasticsearchService", "/aws-service-role/AmazonElasticsearchServiceRolePolicy"),
    one("events", "CloudWatchEvents", "/aws-service-role/CloudWatchEventsServiceRolePolicy"),
    one("fms", "FMS", "/aws-service-role/FMSServiceRolePolicy"),
    one("fsx", "AmazonFSx", "/aws-service-role/AmazonFSxServiceRolePolicy"),
    one("globalaccelerator", "GlobalAccelerator", "/aws-service-role/AWSGlobalAcceleratorSLRPolicy"),
    one("grafana", "AmazonGrafana", "/aws-service-role/AmazonGrafanaServiceLinkedRolePolicy"),
    one("guardduty", "AmazonGuardDuty", "/aws-service-role/AmazonGuardDutyServiceRolePolicy"),
    one("imagebuilder", "ImageBuilder", "/aws-service-role/AWSServiceRoleForImageBuilder"),
    one("inspector", "AmazonInspector", "/aws-service-role/AmazonInspectorServiceRolePolicy"),
    one("inspector2", "AmazonInspector2", "/aws-service-role/AmazonInspector2ServiceRolePolicy"),
    one("ipam", "IPAM", "/aws-service-role/AWSIPAMServiceRolePolicy"),
    one("ivs", "IVSRecordToS3", "/aws-service-role/IVSRecordToS3"),
    one("kafka", "Kafka", "/aws-service-role/KafkaServiceRolePolicy"),
    one("kafka.application-autoscaling", "ApplicationAutoScaling_KafkaCluster", "/aws-service-role/AWSApplicationAutoscalingKafkaClusterPolicy"),
    one("kafkaconnect", "KafkaConnect", "/aws-service-role/KafkaConnectServiceRolePolicy"),
    one("lakeformation", "LakeFormationDataAccess", "/aws-service-role/LakeFormationDataAccessServiceRolePolicy"),
    one("lambda", "Lambda", "/aws-service-role/AWSLambdaServiceRolePolicy"),
    one("lambda.application-autoscaling", "ApplicationAutoScaling_LambdaConcurrency", "/aws-service-role/AWSApplicationAutoscalingLambdaConcurrencyPolicy"),
    one("lex", "LexBots", "/aws-service-role/LexBotPolicy"),
    suffixed("lexv2", "LexV2Bots", "/aws-service-role/AmazonLexV2BotPolicy"),
    one("license-manager", "AWSLicenseManagerRole", "/aws-service-role/AWSLicenseManagerServiceRolePolicy"),
    one("license-manager.master-account", "AWSLicenseManagerMasterAccountRole", "/aws-service-role/AWSLicenseManagerMasterAccountRolePolicy"),
    one("license-manager.member-account", "AWSLicenseManagerMemberAccountRole", "/aws-service-role/AWSLicenseManagerMemberAccountRolePolicy"),
    one("logger.cloudfront", "CloudFrontLogger", "/aws-service-role/AWSCloudFrontLogger"),
    one("macie", "AmazonMacie", "/aws-service-role/AmazonMacieServiceRolePolicy"),
    one("maintenance.elasticbeanstalk", "ElasticBeanstalkMaintenance", "/aws-service-role/AWSElasticBeanstalkMaintenance"),
    one("malware-protection.guardduty", "AmazonGuardDutyMalwareProtection", "/aws-service-role/AmazonGuardDutyMalwareProtectionServiceRolePolicy"),
    one("managedupdates.elasticbeanstalk", "ElasticBeanstalkManagedUpdates", "/aws-service-role/AWSElasticBeanstalkManagedUpdatesServiceRolePolicy"),
    one("management.chatbot", "AWSChatbot", "/aws-service-role/AWSChatbotServiceLinkedRolePolicy"),
    one("member.org.stacksets.cloudformation", "CloudFormationStackSetsOrgMember", "/aws-service-role/CloudFormationStackSetsOrgMemberServiceRolePolicy"),
    one("memorydb", "MemoryDB", "/aws-service-role/MemoryDBServiceRolePolicy"),
    one("mq", "AmazonMQ", "/aws-service-role/AmazonMQServiceRolePolicy"),
    one("mrk.kms", "KeyManagementServiceMultiRegionKeys", "/aws-service-role/AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy"),
    one("neptune.application-autoscaling", "ApplicationAutoScaling_NeptuneCluster", "/aws-service-role/AWSApplicationAutoscalingNeptuneClusterPolicy"),
    one("network-firewall", "NetworkFirewall", "/aws-service-role/AWSNetworkFirewallServiceRolePolicy"),
    one("networking.apprunner", "AppRunnerNetworking", "/aws-service-role/AppRunnerNetworkingServiceRolePolicy"),
    one("networkmanager", "NetworkManager", "/aws-service-role/AWSNetworkManagerServiceRolePolicy"),
    one("opensearchservice", "AmazonOpenSearchService", "/aws-service-role/AmazonOpenSearchServiceRolePolicy"),
    one("ops.apigateway", "APIGateway", "/aws-service-role/APIGatewayServiceRolePolicy"),
    one("ops.emr-serverless", "AmazonEMRServerless", "/aws-service-role/AmazonEMRServerlessServiceRolePolicy"),
    one("organizations", "Organizations", "/aws-service-role/AWSOrganizationsServiceTrustPolicy"),
    one("pullthroughcache.ecr", "ECRPullThroughCache", "/aws-service-role/AWSECRPullThroughCache_ServiceRolePolicy"),
    one("ram", "ResourceAccessManager", "/aws-service-role/AWSResourceAccessManagerServiceRolePolicy"),
    one("rds", "RDS", "/aws-service-role/AmazonRDSServiceRolePolicy"),
    one("rds.application-autoscaling", "ApplicationAutoScaling_RDSCluster", "/aws-service-role/AWSApplicationAutoscalingRDSClusterPolicy"),
    one("redshift", "Redshift", "/aws-service-role/AmazonRedshiftServiceLinkedRolePolicy"),
    one("remediation.config", "ConfigRemediation", "/aws-service-role/AWSConfigRemediationServiceRolePolicy"),
    one("replication.dynamodb", "DynamoDBReplication", "/aws-service-role/DynamoDBReplicationServiceRolePolicy"),
    one("replication.ecr", "ECRReplication", "/aws-service-role/ECRReplicationServiceRolePolicy"),
    one("replicator.lambda", "LambdaReplicator", "/aws-service-role/AWSLambdaReplicator"),
    one("resource-explorer-2", "ResourceExplorer", "/aws-service-role/AWSResourceExplorerServiceRolePolicy"),
    one("role-manager.iam", "IAMRoleManager", "/aws-service-role/AWSIAMRoleManagerServiceRolePolicy"),
    one("rolesanywhere", "RolesAnywhere", "/aws-service-role/AWSRolesAnywhereServicePolicy"),
    one("route53resolver", "Route53Resolver", "/aws-service-role/Route53ResolverServiceRolePolicy"),
    one("sagemaker.application-autoscaling", "ApplicationAutoScaling_SageMakerEndpoint", "/aws-service-role/AWSApplicationAutoscalingSageMakerEndpointPolicy"),
    one("schemas", "Schemas", "/aws-service-role/AmazonEventBridgeSchemasServiceRolePolicy"),
    one("securityhub", "SecurityHub", "/aws-service-role/AWSSecurityHubServiceRolePolicy"),
    one("securitylake", "SecurityLake", "/aws-service-role/SecurityLakeServiceLinkedRole"),
    one("servicequotas", "ServiceQuotas", "/aws-service-role/ServiceQuotasServiceRolePolicy"),
    one("shield", "AWSShield", "/aws-service-role/AWSShieldServiceRolePolicy"),
    one("spot", "EC2Spot", "/aws-service-role/AWSEC2SpotServiceRolePolicy"),
    one("spotfleet", "EC2SpotFleet", "/aws-service-role/AWSEC2SpotFleetServiceRolePolicy"),
    one("ssm", "AmazonSSM", "/aws-service-role/AmazonSSMServiceRolePolicy"),
    one("sso", "SSO", "/aws-service-role/AWSSSOServiceRolePolicy"),
    one("stacksets.cloudformation", "CloudFormationStackSetsOrgAdmin", "/aws-service-role/CloudFormationStackSetsOrgAdminServiceRolePolicy"),
    one("storage-lens.s3", "S3StorageLens", "/aws-service-role/S3StorageLensServiceRolePolicy"),
    one("support", "Support", "/aws-service-role/AWSSupportServiceRolePolicy"),
    one("transitgateway", "VPCTransitGateway", "/aws-service-role/AWSVPCTransitGatewayServiceRolePolicy"),
    one("trustedadvisor", "TrustedAdvisor", "/aws-service-role/AWSTrustedAdvisorServiceRolePolicy"),
    one("vpc-lattice", "VpcLattice", "/aws-service-role/AWSVpcLatticeServiceRolePolicy"),
    one("waf", "WAFLogging", "/aws-service-role/WAFLoggingServiceRolePolicy"),
    one("waf-regional", "WAFRegionalLogging", "/aws-service-role/WAFRegionalLoggingServiceRolePolicy"),
    one("wafv2", "WAFV2Logging", "/aws-service-role/WAFV2LoggingServiceRolePolicy"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_its_policies_are_in_the_catalog() {
        assert!(SERVICES.is_sorted_by(|a, b| a.service < b.service));
        for row in SERVICES {
            let linked = find(&format!("{}.amazonaws.com", row.service)).unwrap();
            assert_eq!(linked.policy, Some(row.policy), "{}", row.service);
            assert!(linked.role.len() <= 64);
        }
    }

    #[test]
    fn a_service_beside_the_table_names_its_role_after_itself() {
        let linked = find("pool.s3-outposts.amazonaws.com").unwrap();
        let role = "AWSServiceRoleForS3OutpostsPool".to_owned();
        assert_eq!(linked, Linked { role, policy: None, takes_suffix: true });
        for unknown in
            ["ecs", "amazonaws.com", ".amazonaws.com", "no-such-service.amazonaws.com", "ecs.example.com"]
        {
            assert_eq!(find(unknown), None, "{unknown}");
        }
    }
}
