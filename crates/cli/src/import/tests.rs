//! An estate goes in and comes out the same; what is wrong with a file is said, and leaves nothing.

use std::io::Write as _;
use std::path::PathBuf;

use directory::{ManagedPolicy, Named as _, Role, User};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use server::admin::Progress;
use service::testing::World;
use types::Owner;

use super::{Outcome, census, write};
use crate::export::export;

const ACCOUNT: &str = "111122223333";

struct Files {
    _dir: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

fn files(texts: &[&str]) -> Files {
    let dir = tempfile::tempdir().unwrap();
    let paths = texts.iter().enumerate().map(|(n, text)| {
        let path = dir.path().join(format!("page-{n}.json"));
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    });
    let paths = paths.collect();
    Files { _dir: dir, paths }
}

async fn load(world: &World, texts: &[&str]) -> anyhow::Result<Json> {
    let files = files(texts);
    let (census, paths) = census(None, files.paths.clone())?;
    let is_new = !service::has_account(&world.core, census.owner).await.unwrap();
    match write(&world.core, &census, &paths, is_new, &Progress::unheard()).await? {
        Outcome::Done(_) => Ok(census.report(&paths)),
        Outcome::Conflict => panic!("nobody else writes"),
    }
}

async fn dump(world: &World, account: &str) -> String {
    let owner = Owner::parse(&format!("aws:{account}")).unwrap();
    let mut out = Vec::new();
    export(&world.core.store, owner, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

async fn world() -> World {
    World::new(vec![iam::entry()]).await
}

fn arn(rest: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{rest}")
}

fn user(name: &str) -> Json {
    json!({
        "Path": "/", "UserName": name, "UserId": format!("AIDA{:0>17}", name.to_uppercase()),
        "Arn": arn(&format!("user/{name}")), "CreateDate": "2015-03-04T05:06:07+00:00",
    })
}

fn with(mut form: Json, name: &str, value: Json) -> Json {
    form[name] = value;
    form
}

fn attached(arn: &str) -> Json {
    json!([{"PolicyName": arn.rsplit('/').next().unwrap(), "PolicyArn": arn}])
}

fn document(action: &str) -> Json {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

/// Some estate: users in groups, roles that trust them, policies with versions, attachments, boundaries, tags.
fn estates() -> impl Strategy<Value = Json> {
    let names = || proptest::collection::btree_set("[a-z]{1,3}", 0..5);
    let bits = || proptest::collection::vec(any::<u32>(), 16);
    (names(), names(), names(), names(), bits()).prop_map(|(users, groups, roles, policies, bits)| {
        let bit = |n: usize, of: u32| bits[n % 16] % of;
        let groups: Vec<_> = groups.into_iter().collect();
        let own: Vec<String> = policies.iter().map(|name| arn(&format!("policy/p/{name}"))).collect();
        let lacking = "arn:aws:iam::aws:policy/NobodyHasThis".to_owned();
        let known = "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned();
        let all: Vec<String> = own.iter().cloned().chain([lacking.clone(), known]).collect();
        let pick = |n: usize| all[bits[n % 16] as usize % all.len()].clone();
        let inline = |n: usize| match bit(n, 2) {
            0 => json!([]),
            _ => json!([{"PolicyName": "in-line", "PolicyDocument": document("s3:Get*")}]),
        };
        let tags = |n: usize| match bit(n, 3) {
            0 => json!([]),
            1 => json!([{"Key": "Team", "Value": "blue"}]),
            _ => json!([{"Key": "a", "Value": ""}, {"Key": "b:c", "Value": "ü"}]),
        };
        let user_forms: Vec<Json> = users.iter().enumerate().map(|(n, name)| {
            let path = if bit(n, 2) == 0 { "/" } else { "/people/north/" };
            let mut form = json!({
                "Path": path, "UserName": name, "UserId": format!("AIDA{n:017}"),
                "Arn": arn(&format!("user{path}{name}")), "CreateDate": "2015-03-04T05:06:07.123Z",
                "UserPolicyList": inline(n + 1),
                "GroupList": groups.iter().take(bit(n + 2, 3) as usize).collect::<Vec<_>>(),
                "AttachedManagedPolicies": attached(&pick(n + 3)), "Tags": tags(n + 4),
            });
            if bit(n + 5, 2) == 0 {
                form["PermissionsBoundary"] =
                    json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": pick(n + 6)});
            }
            form
        }).collect();
        let group_forms = groups.iter().enumerate().map(|(n, name)| json!({
            "Path": "/", "GroupName": name, "GroupId": format!("AGPA{n:017}"), "Arn": arn(&format!("group/{name}")),
            "CreateDate": "2015-03-04T05:06:07Z", "GroupPolicyList": inline(n + 7),
            "AttachedManagedPolicies": attached(&pick(n + 8)),
        }));
        let role_forms = roles.iter().enumerate().map(|(n, name)| {
            let trusted = match users.first() {
                Some(_) if bit(n, 2) == 0 => user_forms[0]["Arn"].clone(),
                _ => json!("AROAGONE0000000000000"),
            };
            let trust = json!({"Statement": {
                "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": trusted},
            }});
            let role = json!({
                "Path": "/r/", "RoleName": name, "RoleId": format!("AROA{n:017}"), "Arn": arn(&format!("role/r/{name}")),
                "CreateDate": "2015-03-04T05:06:07Z", "AssumeRolePolicyDocument": trust,
            });
            let profile = json!({
                "Path": "/", "InstanceProfileName": name, "InstanceProfileId": format!("AIPA{n:017}"),
                "Arn": arn(&format!("instance-profile/{name}")), "CreateDate": "2015-03-04T05:06:07Z",
                "Roles": [role],
            });
            let mut form = role;
            form["InstanceProfileList"] = if bit(n + 9, 2) == 0 { json!([profile]) } else { json!([]) };
            form["RolePolicyList"] = inline(n + 10);
            form["AttachedManagedPolicies"] = attached(&pick(n + 11));
            form["Tags"] = tags(n + 12);
            form["RoleLastUsed"] = match bit(n + 13, 2) {
                0 => json!({}),
                _ => json!({"LastUsedDate": "2020-01-01T00:00:00Z", "Region": "eu-west-1"}),
            };
            form
        });
        let version = |n: u32, is_default: bool| json!({
            "Document": document(&format!("s3:Get{n}*")), "VersionId": format!("v{n}"),
            "IsDefaultVersion": is_default, "CreateDate": "2015-03-04T05:06:07Z",
        });
        let policy_forms = own.iter().chain([&lacking]).enumerate().map(|(n, arn)| {
            let (path, name) = match arn.rsplit_once("/p/") {
                Some((_, name)) => ("/p/", name),
                None => ("/", "NobodyHasThis"),
            };
            let newest = 1 + bit(n, 40);
            let versions = match newest {
                1 => json!([version(1, true)]),
                _ => json!([version(newest, false), version(newest - 1, true)]),
            };
            let in_force = if newest == 1 { 1 } else { newest - 1 };
            let mut form = json!({
                "PolicyName": name, "PolicyId": format!("ANPA{n:017}"), "Arn": arn, "Path": path,
                "DefaultVersionId": format!("v{in_force}"), "AttachmentCount": 0,
                "PermissionsBoundaryUsageCount": 0, "IsAttachable": true,
                "CreateDate": "2015-03-04T05:06:07Z", "UpdateDate": "2016-03-04T05:06:07Z",
                "PolicyVersionList": versions,
            });
            if bit(n + 14, 2) == 0 {
                form["Description"] = json!("what it is for");
            }
            form
        });
        json!({
            "UserDetailList": user_forms, "GroupDetailList": group_forms.collect::<Vec<_>>(),
            "RoleDetailList": role_forms.collect::<Vec<_>>(), "Policies": policy_forms.collect::<Vec<_>>(),
        })
    })
}

/// The parts of an estate whose order means nothing, in order; counts and policies that only AWS tells left out.
fn normal(mut estate: Json) -> Json {
    let policies = estate["Policies"].as_array_mut().unwrap();
    policies.retain(|policy| policy["PolicyName"] != "ReadOnlyAccess");
    for policy in policies {
        policy["AttachmentCount"] = json!(0);
        policy["PermissionsBoundaryUsageCount"] = json!(0);
    }
    for user in estate["UserDetailList"].as_array_mut().unwrap() {
        if user["UserPolicyList"] == json!([]) {
            user.as_object_mut().unwrap().remove("UserPolicyList");
        }
    }
    estate
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_estate_comes_out_as_it_went_in(estate in estates()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let empty = estate["UserDetailList"] == json!([]) && estate["GroupDetailList"] == json!([])
            && estate["RoleDetailList"] == json!([]) && estate["Policies"].as_array().unwrap().len() == 1;
        prop_assume!(!empty);
        runtime.block_on(async {
            let first = world().await;
            load(&first, &[&estate.to_string()]).await.unwrap();
            let out = dump(&first, ACCOUNT).await;
            let again: Json = serde_json::from_str(&out).unwrap();
            assert_eq!(normal(again), normal(estate));

            // An export of ours is the same everywhere, and loading it once more changes nothing.
            let second = world().await;
            load(&second, &[&out]).await.unwrap();
            assert_eq!(dump(&second, ACCOUNT).await, out);
            load(&second, &[&out]).await.unwrap();
            assert_eq!(dump(&second, ACCOUNT).await, out);
        });
    }
}

#[tokio::test]
async fn pages_may_come_in_any_order_and_documents_encoded() {
    let world = world().await;
    let group = json!({
        "Path": "/", "GroupName": "Readers", "GroupId": "AGPA00000000000000001", "Arn": arn("group/Readers"),
        "CreateDate": 1_425_445_567,
    });
    let encoded = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D";
    let alice = with(user("alice"), "GroupList", json!(["Readers"]));
    let alice = with(alice, "UserPolicyList", json!([{"PolicyName": "p", "PolicyDocument": encoded}]));
    let pages = [
        json!({"UserDetailList": [alice], "IsTruncated": true, "Marker": "x"}).to_string(),
        json!({"GroupDetailList": [group], "Somewhere": {"new": [1, 2]}}).to_string(),
    ];
    let report = load(&world, &[&pages[0], &pages[1]]).await.unwrap();
    assert_eq!((&report["users"], &report["groups"]), (&json!(1), &json!(1)));
    let out: Json = serde_json::from_str(&dump(&world, ACCOUNT).await).unwrap();
    assert_eq!(out["UserDetailList"][0]["GroupList"], json!(["Readers"]));
    let document = &out["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"];
    assert_eq!(document["Statement"]["Action"], "s3:*");
    assert_eq!(out["GroupDetailList"][0]["CreateDate"], "2015-03-04T05:06:07Z");
}

#[tokio::test]
async fn an_import_is_audited_under_its_own_name() {
    let world = world().await;
    load(&world, &[&json!({"UserDetailList": [user("alice")]}).to_string()]).await.unwrap();
    let events = world.core.store.events(0, 100).await.unwrap();
    let event = store::AuditEvent::decode(&events.last().unwrap().line).unwrap().record_value().unwrap();
    assert_eq!(event["eventName"], "ImportAuthorizationDetails");
    assert_eq!(event["userIdentity"]["invokedBy"], "system:import");
    assert_eq!(event["recipientAccountId"], ACCOUNT);
    assert_eq!(event["requestParameters"]["users"], 1);
    let commits = world.core.store.changes_since(store::Revision::ZERO, 100).await.unwrap();
    assert_eq!(&*commits.last().unwrap().author, "system:import");
}

#[tokio::test]
async fn an_entity_that_is_there_becomes_what_the_file_says_and_others_stay() {
    let world = world().await;
    let alice =
        with(user("alice"), "AttachedManagedPolicies", attached("arn:aws:iam::aws:policy/ReadOnlyAccess"));
    let both = json!({"UserDetailList": [alice, user("bob")]}).to_string();
    load(&world, &[&both]).await.unwrap();
    // The same id under another name: she was renamed, and nothing is attached to her any more.
    let mut renamed = user("alice");
    renamed["UserName"] = json!("alicia");
    renamed["Arn"] = json!(arn("user/alicia"));
    load(&world, &[&json!({"UserDetailList": [renamed]}).to_string()]).await.unwrap();
    let out: Json = serde_json::from_str(&dump(&world, ACCOUNT).await).unwrap();
    let names: Vec<_> =
        out["UserDetailList"].as_array().unwrap().iter().map(|user| &user["UserName"]).collect();
    assert_eq!(names, ["alicia", "bob"]);
    assert_eq!(out["UserDetailList"][0]["AttachedManagedPolicies"], json!([]));
    // The same name under another id is somebody else.
    let mut other = user("bob");
    other["UserId"] = json!("AIDASOMEBODYELSE00000");
    let error = load(&world, &[&json!({"UserDetailList": [other]}).to_string()]).await.unwrap_err();
    assert!(format!("{error:#}").contains("rename or delete it first"), "{error:#}");
}

#[tokio::test]
async fn a_role_keeps_what_the_form_does_not_have() {
    let world = world().await;
    let form = json!({"RoleDetailList": [{
        "Path": "/", "RoleName": "worker", "RoleId": "AROA00000000000000001", "Arn": arn("role/worker"),
        "CreateDate": "2015-03-04T05:06:07Z", "AssumeRolePolicyDocument": {"Statement": {
            "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}},
    }]});
    load(&world, &[&form.to_string()]).await.unwrap();
    let owner = Owner::parse(&format!("aws:{ACCOUNT}")).unwrap();
    let find = || async {
        let read = world.core.store.read();
        read.find::<Role>(&Role::BY_NAME, &owner.to_string(), "worker").await.unwrap().unwrap()
    };
    let role = find().await;
    assert_eq!((role.max_session_duration, &role.description), (3600, &None));
    let mut tx = world.core.store.write(store::Authority::system(store::SystemActor::Operator));
    tx.put(Role { max_session_duration: 7200, ..(*role).clone() }).await.unwrap();
    tx.commit(service::operator_event(&world.core, "Test", &json!({})).unwrap()).await.unwrap();
    load(&world, &[&form.to_string()]).await.unwrap();
    assert_eq!(find().await.max_session_duration, 7200);
}

#[tokio::test]
async fn a_policy_of_aws_s_that_the_catalog_lacks_is_in_force() {
    let world = world().await;
    let lacking = "arn:aws:iam::aws:policy/job-function/NobodyHasThis";
    let policy = json!({
        "PolicyName": "NobodyHasThis", "PolicyId": "ANPA00000000000000001", "Arn": lacking, "Path": "/job-function/",
        "DefaultVersionId": "v3", "CreateDate": "2015-03-04T05:06:07Z", "UpdateDate": "2015-03-04T05:06:07Z",
        "PolicyVersionList": [{"Document": document("s3:*"), "VersionId": "v3", "IsDefaultVersion": true,
            "CreateDate": "2015-03-04T05:06:07Z"}],
    });
    let known = catalog::managed_policy("/ReadOnlyAccess").unwrap();
    let old = json!({
        "PolicyName": "ReadOnlyAccess", "PolicyId": known.id(), "Arn": known.arn("aws"), "Path": "/",
        "DefaultVersionId": "v1", "CreateDate": known.create_date(), "UpdateDate": known.create_date(),
        "PolicyVersionList": [{"Document": document("s3:*"), "VersionId": "v1", "IsDefaultVersion": true,
            "CreateDate": known.create_date()}],
    });
    let alice = with(user("alice"), "AttachedManagedPolicies", attached(lacking));
    let report =
        load(&world, &[&json!({"UserDetailList": [alice], "Policies": [policy, old]}).to_string()]).await;
    let report = report.unwrap();
    assert_eq!(report["awsPoliciesKept"], json!([lacking]));
    assert_eq!(report["awsPoliciesOtherVersion"], json!([known.arn("aws")]));
    assert_eq!(report["policies"], 0);
    let owner = Owner::parse(&format!("aws:{ACCOUNT}")).unwrap();
    let read = world.core.store.read();
    let alice = read.find::<User>(&User::BY_NAME, &owner.to_string(), "alice").await.unwrap().unwrap();
    let granted = world.core.authorizer.granted_to_user(&read, &alice).await.unwrap();
    assert_eq!(granted.identity.len(), 1);
    // It is not the account's own.
    assert_eq!(read.count(&ManagedPolicy::BY_NAME, &owner.to_string()).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_stays() {
    let world = world().await;
    let good = json!({"UserDetailList": [user("alice")]}).to_string();
    let page = |form: Json| json!({"UserDetailList": [user("zoe"), form]}).to_string();
    let bad_policy = json!([{"PolicyName": "p", "PolicyDocument": {"Statement": {"Effect": "Perhaps"}}}]);
    let mut foreign = user("eve");
    foreign["Arn"] = json!("arn:aws:iam::999988887777:user/eve");
    let boundary = json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn("policy/gone")});
    let cases: &[(String, &str)] = &[
        ("{\"UserDetailList\": [\n  {\"Path\": \"/\",}\n]}".into(), "line 2 column 16"),
        ("{}".into(), "is this the output of"),
        ("[]".into(), "get-account-authorization-details"),
        ("{\"UserDetailList\": {}}".into(), "a list under `UserDetailList`"),
        (page(user("eve")) + "x", "trailing characters"),
        (page(user("eve")).chars().take(200).collect(), "EOF"),
        (page(json!({"UserName": "nobody"})), "missing field `Path`"),
        (page(with(user("eve"), "UserId", json!("short"))), "UserDetailList[1]: user `eve`"),
        (page(with(user("eve"), "CreateDate", json!("yesterday"))), "line 1 column"),
        (page(with(user("eve"), "Path", json!("people"))), "people"),
        (
            page(with(user("eve"), "UserPolicyList", bad_policy)),
            "inline policy `p`: the document's line 1, column",
        ),
        (page(with(user("eve"), "GroupList", json!(["nowhere"]))), "`nowhere` is neither"),
        (page(with(user("eve"), "AttachedManagedPolicies", attached(&arn("policy/gone")))), "policy/gone"),
        (
            page(with(user("eve"), "AttachedManagedPolicies", attached("arn:aws:iam::aws:policy/Gone"))),
            "the catalog",
        ),
        (page(with(user("eve"), "PermissionsBoundary", boundary)), "is a page missing?"),
        (
            page(with(user("eve"), "Tags", json!([{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]))),
            "twice",
        ),
        (page(foreign), "999988887777"),
        (page(user("zoe")), "twice"),
        (page(user("ZOE")), "is there twice"),
    ];
    let before = world.core.store.head();
    for (text, expected) in cases {
        let error = load(&world, &[&good, text]).await.expect_err(expected);
        let said = format!("{error:#}");
        assert!(said.contains(expected), "{expected}: {said}");
        assert_eq!(world.core.store.head(), before, "{expected}");
    }
    let named = files(&[&good, &cases[0].0]);
    let error = census(None, named.paths.clone()).err().unwrap();
    assert!(format!("{error:#}").contains("page-1.json"), "{error:#}");
    let error = census(Some(types::AccountId::parse("999988887777").unwrap()), named.paths).err().unwrap();
    assert!(format!("{error:#}").contains("leave out --account"), "{error:#}");
}
