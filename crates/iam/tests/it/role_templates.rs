//! Role templates, and the roles that are made from them.

use service::testing::{Fields, World};

use crate::asking::{arn, decoded, denied, fault, world};

const POWER: &str = "arn:aws:iam::aws:role-template/iam.amazonaws.com/PowerUserRoleTemplate:1";
const BACKUP: &str =
    "arn:aws:iam::aws:role-template/backup.amazonaws.com/AWSBackupDefaultServiceRoleTemplate:1";
const ROTATION: &str =
    "arn:aws:iam::aws:role-template/secretsmanager.amazonaws.com/AWSSecretsManagerRotationRoleTemplate:1";

/// The parameters of an AcquireRole with these values.
fn of(template: &str, values: &[(&str, &[&str])]) -> Vec<(String, String)> {
    let mut parameters = vec![("TemplateArn".to_owned(), template.to_owned())];
    for (at, (name, texts)) in values.iter().enumerate() {
        let entry = format!("ReplacementValues.entry.{}", at + 1);
        parameters.push((format!("{entry}.key"), (*name).to_owned()));
        for (number, text) in texts.iter().enumerate() {
            parameters.push((format!("{entry}.value.Values.member.{}", number + 1), (*text).to_owned()));
        }
    }
    parameters
}

fn pairs(parameters: &[(String, String)]) -> Vec<(&str, &str)> {
    parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

async fn acquire(world: &World, template: &str, values: &[(&str, &[&str])]) -> Fields {
    world.ok(&world.root, "AcquireRole", &pairs(&of(template, values))).await
}

async fn refuse(world: &World, template: &str, values: &[(&str, &[&str])]) -> (String, String) {
    world.refused(&world.root, "AcquireRole", &pairs(&of(template, values))).await
}

const FOR_LAMBDA: &[(&str, &[&str])] = &[("AWSServiceName", &["lambda.amazonaws.com"]), ("RoleName", &["r"])];

#[tokio::test]
async fn a_template_is_shown_with_its_parameters() {
    let world = world().await;
    let shown = world.ok(&world.root, "GetRoleTemplateVersion", &[("TemplateArn", POWER)]).await;
    assert_eq!(shown.get("TemplateArn"), POWER);
    assert_eq!(shown.get("TemplateName"), "PowerUserRoleTemplate");
    assert_eq!(shown.get("TemplateVersionId"), "AVTAZKAPJZG4N6BGA67NU");
    assert_eq!(shown.get("RoleNamePattern"), "@{RoleName}");
    assert_eq!(shown.get("DefaultValue"), "PowerUserRole");
    assert_eq!(shown.get("MajorVersion"), "1");
    assert_eq!(shown.get("CreateTimestamp"), "2026-06-12T02:57:08Z");
    let trust = decoded(shown.get("AssumeRolePolicyDocumentTemplate"));
    assert!(trust.contains(r#""Service":"@{AWSServiceName}""#), "{trust}");

    let nothing = POWER.replace("Power", "Weak");
    for (arn, version) in [(POWER, "1"), (POWER, "-1"), (nothing.as_str(), "0")] {
        let parameters = [("TemplateArn", arn), ("MinorVersion", version)];
        let refused = world.refused(&world.root, "GetRoleTemplateVersion", &parameters).await;
        assert_eq!(refused, fault("NoSuchEntity", &format!("Role Template {arn} cannot be found.")));
    }
    let policy = "arn:aws:iam::aws:policy/PowerUserAccess";
    let refused = world.refused(&world.root, "GetRoleTemplateVersion", &[("TemplateArn", policy)]).await;
    assert_eq!(refused, fault("InvalidInput", &format!("ARN {policy} is not valid.")));
}

#[tokio::test]
async fn a_role_is_made_once_and_found_again_until_it_is_changed() {
    let world = world().await;
    let made = acquire(&world, POWER, FOR_LAMBDA).await;
    assert_eq!(made.get("Arn"), arn("role/r"));
    assert!(!made.xml.contains("Description") && !made.xml.contains("SourceRoleTemplate"), "{}", made.xml);
    let name = [("RoleName", "r")];
    let shown = world.ok(&world.root, "GetRole", &name).await;
    assert_eq!(shown.get("Description"), "Power user role for lambda.amazonaws.com");
    assert_eq!(shown.get("TemplateArn"), POWER);
    assert_eq!(shown.get("TemplateMinorVersion"), "0");
    assert!(decoded(shown.get("AssumeRolePolicyDocument")).contains("lambda.amazonaws.com"));
    let power = "arn:aws:iam::aws:policy/PowerUserAccess";
    let attached = world.ok(&world.root, "ListAttachedRolePolicies", &name).await;
    assert_eq!(attached.get("PolicyArn"), power);
    assert!(!world.ok(&world.root, "ListRoles", &[]).await.xml.contains("SourceRoleTemplate"));

    let changed =
        fault("RoleModified", "Role r has been modified since it was created and is no longer managed.");
    let description = [("RoleName", "r"), ("Description", "mine"), ("MaxSessionDuration", "7200")];
    world.ok(&world.root, "UpdateRole", &description).await;
    assert_eq!(acquire(&world, POWER, FOR_LAMBDA).await.get("RoleId"), made.get("RoleId"));
    let trust = |service: &str| {
        let statement =
            r#"{"Effect":"Allow","Principal":{"Service":["SERVICE"]},"Action":["sts:AssumeRole"]}"#;
        format!(r#"{{"Version":"2012-10-17","Statement":{}}}"#, statement.replace("SERVICE", service))
    };
    let (edge, lambda) = (trust("edgelambda.amazonaws.com"), trust("lambda.amazonaws.com"));
    let (edge, lambda) = (edge.as_str(), lambda.as_str());
    let tag = [("RoleName", "r"), ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")];
    let untag = [("RoleName", "r"), ("TagKeys.member.1", "a")];
    let attachment = [("RoleName", "r"), ("PolicyArn", power)];
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    let inline = [("RoleName", "r"), ("PolicyName", "p"), ("PolicyDocument", document)];
    for (change, parameters, back, restored) in [
        ("TagRole", tag.to_vec(), "UntagRole", untag.to_vec()),
        ("DetachRolePolicy", attachment.to_vec(), "AttachRolePolicy", attachment.to_vec()),
        ("PutRolePolicy", inline.to_vec(), "DeleteRolePolicy", inline[..2].to_vec()),
        (
            "UpdateAssumeRolePolicy",
            vec![("RoleName", "r"), ("PolicyDocument", edge)],
            "UpdateAssumeRolePolicy",
            vec![("RoleName", "r"), ("PolicyDocument", lambda)],
        ),
        (
            "PutRolePermissionsBoundary",
            vec![("RoleName", "r"), ("PermissionsBoundary", power)],
            "DeleteRolePermissionsBoundary",
            vec![("RoleName", "r")],
        ),
    ] {
        world.ok(&world.root, change, &parameters).await;
        assert_eq!(refuse(&world, POWER, FOR_LAMBDA).await, changed, "{change}");
        world.ok(&world.root, back, &restored).await;
        assert_eq!(acquire(&world, POWER, FOR_LAMBDA).await.get("RoleId"), made.get("RoleId"), "{back}");
    }
}

#[tokio::test]
async fn a_name_that_is_taken_by_another_role_conflicts() {
    let world = world().await;
    acquire(&world, POWER, FOR_LAMBDA).await;
    let other = "A role with this name exists but was created with different parameters. Pass a unique roleName to \
                 create a new role.";
    let service: &[(&str, &[&str])] = &[("AWSServiceName", &["ec2.amazonaws.com"]), ("RoleName", &["r"])];
    let case: &[(&str, &[&str])] = &[("AWSServiceName", &["lambda.amazonaws.com"]), ("RoleName", &["R"])];
    let backup: &[(&str, &[&str])] = &[("accountId", &["123456789012"]), ("RoleName", &["r"])];
    for (template, values) in [(POWER, service), (POWER, case), (BACKUP, backup)] {
        assert_eq!(refuse(&world, template, values).await, fault("NameConflict", other));
    }
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
    world.ok(&world.root, "CreateRole", &[("RoleName", "plain"), ("AssumeRolePolicyDocument", trust)]).await;
    let plain: &[(&str, &[&str])] =
        &[("AWSServiceName", &["lambda.amazonaws.com"]), ("RoleName", &["plain"])];
    let message = "A role with this name already exists in the account but was not created from this template. Choose a \
                   different role name, or remove the existing role if it is no longer needed.";
    assert_eq!(refuse(&world, POWER, plain).await, fault("NameConflict", message));
    // Who is deleted leaves nothing behind.
    world
        .ok(
            &world.root,
            "DetachRolePolicy",
            &[("RoleName", "r"), ("PolicyArn", "arn:aws:iam::aws:policy/PowerUserAccess")],
        )
        .await;
    world.ok(&world.root, "DeleteRole", &[("RoleName", "r")]).await;
    acquire(&world, POWER, service).await;
}

#[tokio::test]
async fn values_must_fit_the_parameters() {
    let world = world().await;
    let failed = |cause: &str| fault("InvalidInput", &format!("Failed to render template: {cause}"));
    assert_eq!(refuse(&world, POWER, &[]).await, failed("Parameter 'AWSServiceName' not found."));
    let unknown: &[(&str, &[&str])] = &[("AWSServiceName", &["lambda.amazonaws.com"]), ("Unused", &["x"])];
    assert_eq!(refuse(&world, POWER, unknown).await, failed("Unrecognized parameter: Unused"));
    let several = "AWSServiceName replacement value must contain exactly one value, got 2";
    let refused = refuse(&world, POWER, &[("AWSServiceName", &["a", "b"])]).await;
    assert_eq!(refused, fault("ValidationError", several));
    let mut missing = of(POWER, FOR_LAMBDA);
    missing.push(("TemplateMinorVersion".into(), "1".into()));
    let refused = world.refused(&world.root, "AcquireRole", &pairs(&missing)).await;
    assert_eq!(refused, fault("NoSuchEntity", &format!("Role template not found in repository: {POWER}")));
    let nameless: &[(&str, &[&str])] =
        &[("AWSServiceName", &["lambda.amazonaws.com"]), ("RoleName", &["no name"])];
    assert_eq!(refuse(&world, POWER, nameless).await.0, "ValidationError");
    // Whatever a value holds, it stays one text.
    let quoted: &[(&str, &[&str])] =
        &[("AWSServiceName", &[r#"a.amazonaws.com","AWS":"*"#]), ("RoleName", &["q"])];
    let refused = refuse(&world, POWER, quoted).await;
    let unknown = r#"Invalid principal in policy: "SERVICE":"a.amazonaws.com","AWS":"*""#;
    assert_eq!(refused, fault("MalformedPolicyDocument", unknown));
}

#[tokio::test]
async fn statements_are_switched_on_by_parameters() {
    let world = world().await;
    let base: &[(&str, &[&str])] =
        &[("accountId", &["123456789012"]), ("region", &["eu-west-1"]), ("resourceType", &["probe"])];
    let policy = async |name: &str| {
        let key = [("RoleName", name), ("PolicyName", "SecretRotationPermissionPolicy")];
        decoded(world.ok(&world.root, "GetRolePolicy", &key).await.get("PolicyDocument"))
    };
    let made = acquire(&world, ROTATION, base).await;
    assert_eq!(made.get("Arn"), arn("role/service-role/AWSSecretsManagerSecretRotationRole"));
    let without = policy("AWSSecretsManagerSecretRotationRole").await;
    assert!(without.contains("arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"), "{without}");
    assert!(!without.contains("kms:Decrypt") && !without.contains("@"), "{without}");

    let with: Vec<(&str, &[&str])> = [
        base,
        &[
            ("CMK_ENABLED", &["True"]),
            ("kmsKeyArn", &["arn:aws:kms:::a", "arn:aws:kms:::b"]),
            ("RoleName", &["k"]),
        ],
    ]
    .concat();
    acquire(&world, ROTATION, &with).await;
    let with = policy("k").await;
    assert!(with.contains(r#"["arn:aws:kms:::a","arn:aws:kms:::b"]"#) && !with.contains("Enabled"), "{with}");
    let on: Vec<(&str, &[&str])> = [base, &[("CMK_ENABLED", &["True"]), ("RoleName", &["l"])]].concat();
    let missing = "Failed to render template: Parameter 'kmsKeyArn' not found.";
    assert_eq!(refuse(&world, ROTATION, &on).await, fault("InvalidInput", missing));
}

#[tokio::test]
async fn acquiring_needs_leave_for_every_step_with_the_template_as_key() {
    let world = world().await;
    let statement = |action: &str, condition: &str| {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"{condition}}}"#)
    };
    let document = |statements: &[String]| {
        format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
    };
    let keyed = format!(r#","Condition":{{"ArnEquals":{{"iam:RoleTemplateARN":"{POWER}"}}}}"#);
    let read = statement("iam:GetRoleTemplateVersion", "");
    let steps = ["iam:CreateRole", "iam:AttachRolePolicy"].map(|action| statement(action, &keyed));
    let parameters = of(POWER, FOR_LAMBDA);
    let nobody = world.user("nobody", &document(&steps)).await;
    let refused = world.refused(&nobody, "AcquireRole", &pairs(&parameters)).await;
    assert_eq!(refused.0, "AccessDenied");
    assert!(refused.1.contains(&format!("iam:GetRoleTemplateVersion on resource: {POWER}")), "{}", refused.1);
    let some = world.user("some", &document(&[read.clone(), steps[0].clone()])).await;
    let refused = world.refused(&some, "AcquireRole", &pairs(&parameters)).await;
    assert_eq!(refused, denied("some", "iam:AttachRolePolicy", &arn("role/r")));
    assert_eq!(world.refused(&world.root, "GetRole", &[("RoleName", "r")]).await.0, "NoSuchEntity");
    let all = world.user("all", &document(&[read.clone(), steps[0].clone(), steps[1].clone()])).await;
    world.ok(&all, "AcquireRole", &pairs(&parameters)).await;
    // What is there is read, not made.
    let refused = world.refused(&all, "AcquireRole", &pairs(&parameters)).await;
    assert_eq!(refused, denied("all", "iam:GetRole", &arn("role/r")));
    let reader = world.user("reader", &document(&[read, statement("iam:GetRole", &keyed)])).await;
    world.ok(&reader, "AcquireRole", &pairs(&parameters)).await;
    assert_eq!(world.refused(&reader, "GetRole", &[("RoleName", "r")]).await.0, "AccessDenied");
}
