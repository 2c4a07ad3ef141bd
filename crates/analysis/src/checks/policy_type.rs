//! What a document is said to be.

/// A kind of policy (AWS: `policyType` of ValidatePolicy).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyType {
    /// Of a user, group or role.
    Identity,
    /// Of a resource, a role's trust policy included.
    Resource,
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
}

/// What a resource policy is attached to (AWS: `validatePolicyResourceType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceType {
    /// `AWS::S3::Bucket`
    Bucket,
    /// `AWS::S3::AccessPoint`
    AccessPoint,
    /// `AWS::S3::MultiRegionAccessPoint`
    MultiRegionAccessPoint,
    /// `AWS::S3ObjectLambda::AccessPoint`
    ObjectLambdaAccessPoint,
    /// `AWS::IAM::AssumeRolePolicyDocument`
    AssumeRolePolicyDocument,
    /// `AWS::DynamoDB::Table`
    Table,
}

impl PolicyType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Resource, Self::ServiceControl, Self::ResourceControl];

    /// The name in AWS's API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "IDENTITY_POLICY",
            Self::Resource => "RESOURCE_POLICY",
            Self::ServiceControl => "SERVICE_CONTROL_POLICY",
            Self::ResourceControl => "RESOURCE_CONTROL_POLICY",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}

impl ResourceType {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Bucket,
        Self::AccessPoint,
        Self::MultiRegionAccessPoint,
        Self::ObjectLambdaAccessPoint,
        Self::AssumeRolePolicyDocument,
        Self::Table,
    ];

    /// The name in AWS's API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bucket => "AWS::S3::Bucket",
            Self::AccessPoint => "AWS::S3::AccessPoint",
            Self::MultiRegionAccessPoint => "AWS::S3::MultiRegionAccessPoint",
            Self::ObjectLambdaAccessPoint => "AWS::S3ObjectLambda::AccessPoint",
            Self::AssumeRolePolicyDocument => "AWS::IAM::AssumeRolePolicyDocument",
            Self::Table => "AWS::DynamoDB::Table",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// The service whose actions such a policy may name, and the catalog's resource types that it may be about;
    /// none for a trust policy, which is about its role alone.
    pub(super) fn scope(self) -> Option<(&'static str, &'static [&'static str])> {
        match self {
            Self::Bucket => Some(("s3", &["bucket", "object"])),
            // What a request through an access point is about is the point, or an object behind it.
            Self::AccessPoint => Some(("s3", &["accesspoint", "accesspointobject", "bucket", "object"])),
            Self::MultiRegionAccessPoint => Some(("s3", &["multiregionaccesspoint", "bucket", "object"])),
            Self::ObjectLambdaAccessPoint => Some(("s3-object-lambda", &["objectlambdaaccesspoint"])),
            Self::Table => Some(("dynamodb", &["table", "index"])),
            Self::AssumeRolePolicyDocument => None,
        }
    }
}
