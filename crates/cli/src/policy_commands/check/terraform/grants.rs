//! Resources that grant without a document: what AWS makes of each is a statement of a resource's policy.

use policy::Policy;
use serde_json::{Map, Value as Json, json};

/// What a resource grants.
pub(super) struct Grant {
    /// What it belongs to.
    pub(super) resource_type: &'static str,
    /// The statement as a policy; else why there is none.
    pub(super) policy: Result<Policy, String>,
}

/// What a resource of a kind grants, as it is planned; `None` where it is of no such kind, or grants nothing.
pub(super) fn grant(kind: &str, after: &Json, unknown: &Json) -> Option<Grant> {
    let planned = Planned { after, unknown };
    let (resource_type, statement) = match kind {
        "aws_lambda_permission" => ("AWS::Lambda::Function", lambda(&planned)),
        "aws_lambda_function_url" => ("AWS::Lambda::Function", function_url(&planned)),
        "aws_lambda_layer_version_permission" => ("AWS::Lambda::LayerVersion", layer(&planned)),
        "aws_cloudwatch_event_permission" => ("AWS::Events::EventBus", event_bus(&planned)),
        "aws_signer_signing_profile_permission" => ("AWS::Signer::SigningProfile", signer(&planned)),
        "aws_acmpca_permission" => ("AWS::ACMPCA::CertificateAuthority", authority(&planned)),
        "aws_ami_launch_permission" => ("AWS::EC2::Image", image(&planned)),
        "aws_vpc_endpoint_service_allowed_principal" => ("AWS::EC2::VPCEndpointService", endpoint(&planned)),
        _ => return None,
    };
    if after.is_null() {
        return None;
    }
    let policy = match statement {
        Ok(None) => return None,
        Ok(Some(statement)) => {
            let document = json!({"Version": "2012-10-17", "Statement": [statement]});
            Policy::parse(&document.to_string())
                .map_err(|error| format!("what it grants is no policy: {error}"))
        }
        Err(unknown) => Err(format!("`{unknown}` is known only when the plan has been carried out")),
    };
    Some(Grant { resource_type, policy })
}

/// A statement; nothing where nothing is granted; the attribute that is not known yet, where all hangs on it.
type Statement = Result<Option<Json>, &'static str>;

/// What a plan says of a resource.
struct Planned<'j> {
    after: &'j Json,
    unknown: &'j Json,
}

impl Planned<'_> {
    /// A text that is set.
    fn text(&self, name: &str) -> Option<String> {
        self.after.get(name).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn is_unknown(&self, name: &str) -> bool {
        self.unknown.get(name) == Some(&Json::Bool(true))
    }

    /// A text that has to be known; `None` where it is not set.
    fn known(&self, name: &'static str) -> Result<Option<String>, &'static str> {
        if self.is_unknown(name) { Err(name) } else { Ok(self.text(name)) }
    }

    /// A text that narrows the grant; where it is known later only, one that stands for whatever it will be: an
    /// attribute of another resource is one value, not a pattern.
    fn narrowing(&self, name: &str, stand_in: &str) -> Option<String> {
        if self.is_unknown(name) { Some(stand_in.to_owned()) } else { self.text(name) }
    }
}

fn allow(principal: Json, actions: Json, resource: &str, conditions: Conditions) -> Json {
    let mut statement =
        json!({"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": resource});
    if let Some(object) = statement.as_object_mut().filter(|_| !conditions.0.is_empty()) {
        object.insert("Condition".into(), Json::Object(conditions.0));
    }
    statement
}

/// The conditions of a statement.
#[derive(Default)]
struct Conditions(Map<String, Json>);

impl Conditions {
    fn with(mut self, operator: &str, key: &str, value: Option<String>) -> Self {
        if let Some(value) = value
            && let Some(keys) = self.0.entry(operator.to_owned()).or_insert_with(|| json!({})).as_object_mut()
        {
            keys.insert(key.to_owned(), value.into());
        }
        self
    }
}

/// Anybody, an account, a principal by ARN, or a service.
fn principal(text: &str) -> Json {
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text {
        "*" => json!("*"),
        text if is_account || text.starts_with("arn:") => json!({"AWS": text}),
        text => json!({"Service": text}),
    }
}

fn lambda(planned: &Planned<'_>) -> Statement {
    let (Some(who), Some(action)) = (planned.known("principal")?, planned.known("action")?) else {
        return Ok(None);
    };
    let name = planned.text("function_name").unwrap_or_else(|| "*".to_owned());
    let mut function =
        if name.starts_with("arn:") { name } else { format!("arn:aws:lambda:*:*:function:{name}") };
    if let Some(qualifier) = planned.text("qualifier") {
        function = format!("{function}:{qualifier}");
    }
    let conditions = Conditions::default()
        .with("ArnLike", "aws:SourceArn", planned.narrowing("source_arn", SOME_ARN))
        .with("StringEquals", "aws:SourceAccount", planned.narrowing("source_account", SOME_ACCOUNT))
        .with("StringEquals", "aws:PrincipalOrgID", planned.narrowing("principal_org_id", SOME_ORGANIZATION))
        .with("StringEquals", "lambda:EventSourceToken", planned.narrowing("event_source_token", SOME_TOKEN))
        .with("StringEquals", "lambda:FunctionUrlAuthType", planned.text("function_url_auth_type"));
    Ok(Some(allow(principal(&who), json!(action), &function, conditions)))
}

/// The provider adds a permission for everybody beside a URL that asks for no credentials.
fn function_url(planned: &Planned<'_>) -> Statement {
    if planned.known("authorization_type")?.as_deref() != Some("NONE") {
        return Ok(None);
    }
    let none = Some("NONE".to_owned());
    let conditions = Conditions::default().with("StringEquals", "lambda:FunctionUrlAuthType", none);
    Ok(Some(allow(json!("*"), json!("lambda:InvokeFunctionUrl"), "*", conditions)))
}

fn layer(planned: &Planned<'_>) -> Statement {
    let (Some(who), Some(action)) = (planned.known("principal")?, planned.known("action")?) else {
        return Ok(None);
    };
    let organization = planned.narrowing("organization_id", SOME_ORGANIZATION);
    let conditions = Conditions::default().with("StringEquals", "aws:PrincipalOrgID", organization);
    Ok(Some(allow(principal(&who), json!(action), "*", conditions)))
}

fn event_bus(planned: &Planned<'_>) -> Statement {
    let Some(who) = planned.known("principal")? else { return Ok(None) };
    let action = planned.known("action")?.unwrap_or_else(|| "events:PutEvents".to_owned());
    let mut conditions = Conditions::default();
    for number in 0.. {
        let place = |of: &Json| of.get("condition").and_then(|blocks| blocks.get(number)).cloned();
        let Some(block) = place(planned.after) else { break };
        let unknown = place(planned.unknown).unwrap_or(Json::Null);
        let block = Planned { after: &block, unknown: &unknown };
        if let (Some(operator), Some(key)) = (block.text("type"), block.text("key")) {
            conditions = conditions.with(&operator, &key, block.narrowing("value", SOME_ORGANIZATION));
        }
    }
    Ok(Some(allow(principal(&who), json!(action), "*", conditions)))
}

fn signer(planned: &Planned<'_>) -> Statement {
    let (Some(who), Some(action)) = (planned.known("principal")?, planned.known("action")?) else {
        return Ok(None);
    };
    Ok(Some(allow(principal(&who), json!(action), "*", Conditions::default())))
}

fn authority(planned: &Planned<'_>) -> Statement {
    let Some(who) = planned.known("principal")? else { return Ok(None) };
    let actions = planned.after.get("actions").cloned().unwrap_or_else(|| json!(["acm-pca:*"]));
    let account = planned.narrowing("source_account", SOME_ACCOUNT);
    let conditions = Conditions::default().with("StringEquals", "aws:SourceAccount", account);
    Ok(Some(allow(principal(&who), actions, "*", conditions)))
}

/// An image is for everybody where it is for the group `all`.
fn image(planned: &Planned<'_>) -> Statement {
    let group = planned.known("group")?;
    let account = planned.narrowing("account_id", SOME_ACCOUNT);
    let who = match (group.as_deref(), account) {
        (Some("all"), _) => json!("*"),
        (_, Some(account)) => json!({"AWS": account}),
        _ => return Ok(None),
    };
    Ok(Some(allow(who, json!("ec2:RunInstances"), "*", Conditions::default())))
}

fn endpoint(planned: &Planned<'_>) -> Statement {
    let Some(who) = planned.known("principal_arn")? else { return Ok(None) };
    Ok(Some(allow(principal(&who), json!("ec2:CreateVpcEndpoint"), "*", Conditions::default())))
}

const SOME_ARN: &str = "arn:aws:known-after-apply:::x";
const SOME_ACCOUNT: &str = "000000000000";
const SOME_ORGANIZATION: &str = "o-knownafterapply";
const SOME_TOKEN: &str = "known-after-apply";

#[cfg(test)]
mod tests {
    use analysis::{Budget, Verdict, public_access};
    use std::sync::Arc;

    use super::*;

    /// Whether anybody is let in; `None` where that is not known.
    fn is_public(kind: &str, after: Json, unknown: &Json) -> Option<bool> {
        let policy = Arc::new(grant(kind, &after, unknown).expect("it grants").policy.ok()?);
        Some(!matches!(public_access(&policy, &[], Budget::default()), Verdict::Pass))
    }

    #[test]
    fn a_permission_is_the_statement_that_aws_makes_of_it() {
        let lambda = |more: Json| {
            let mut after =
                json!({"function_name": "f", "action": "lambda:InvokeFunction", "principal": "*"});
            after.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            is_public("aws_lambda_permission", after, &Json::Null)
        };
        assert_eq!(lambda(json!({})), Some(true));
        assert_eq!(lambda(json!({"source_account": "111122223333"})), Some(false));
        assert_eq!(lambda(json!({"principal_org_id": "o-a1b2c3d4e5"})), Some(false));
        assert_eq!(lambda(json!({"principal": "111122223333"})), Some(false));
        assert_eq!(lambda(json!({"principal": "arn:aws:iam::111122223333:root"})), Some(false));
        let bucket = json!({"principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::b"});
        assert_eq!(lambda(bucket), Some(false));
    }

    #[test]
    fn what_is_known_later_narrows_and_what_all_hangs_on_has_to_be_known() {
        let permission = json!({"function_name": "f", "action": "lambda:InvokeFunction"});
        let kind = "aws_lambda_permission";
        assert_eq!(is_public(kind, permission.clone(), &json!({"principal": true})), None);
        let mut open = permission;
        open["principal"] = json!("*");
        assert_eq!(is_public(kind, open.clone(), &json!({"source_arn": true})), Some(false));
        assert_eq!(is_public(kind, open, &json!({"function_name": true, "statement_id": true})), Some(true));
    }

    #[test]
    fn each_kind_grants() {
        let rows = [
            ("aws_lambda_function_url", json!({"authorization_type": "NONE"}), true),
            (
                "aws_lambda_layer_version_permission",
                json!({"action": "lambda:GetLayerVersion", "principal": "*"}),
                true,
            ),
            (
                "aws_lambda_layer_version_permission",
                json!({"action": "lambda:GetLayerVersion", "principal": "*", "organization_id": "o-a1b2c3d4e5"}),
                false,
            ),
            (
                "aws_cloudwatch_event_permission",
                json!({"principal": "*", "action": "events:PutEvents"}),
                true,
            ),
            (
                "aws_cloudwatch_event_permission",
                json!({"principal": "*", "condition": [
                    {"key": "aws:PrincipalOrgID", "type": "StringEquals", "value": "o-a1b2c3d4e5"}]}),
                false,
            ),
            (
                "aws_signer_signing_profile_permission",
                json!({"action": "signer:StartSigningJob", "principal": "111122223333"}),
                false,
            ),
            (
                "aws_acmpca_permission",
                json!({"principal": "acm.amazonaws.com", "source_account": "111122223333",
                "actions": ["acm-pca:IssueCertificate"]}),
                false,
            ),
            ("aws_ami_launch_permission", json!({"group": "all"}), true),
            ("aws_ami_launch_permission", json!({"account_id": "111122223333"}), false),
            ("aws_vpc_endpoint_service_allowed_principal", json!({"principal_arn": "*"}), true),
            (
                "aws_vpc_endpoint_service_allowed_principal",
                json!({"principal_arn": "arn:aws:iam::111122223333:root"}),
                false,
            ),
        ];
        for (kind, after, expected) in rows {
            assert_eq!(is_public(kind, after.clone(), &Json::Null), Some(expected), "{kind} {after}");
        }
        let guarded = json!({"authorization_type": "AWS_IAM"});
        assert!(grant("aws_lambda_function_url", &guarded, &Json::Null).is_none());
        assert!(grant("aws_lambda_function", &json!({}), &Json::Null).is_none());
        assert!(grant("aws_lambda_permission", &Json::Null, &Json::Null).is_none(), "it is to be destroyed");
    }
}
