//! Decides a medium request again and again, for counting instructions:
//! `valgrind --tool=callgrind --toggle-collect='*decide_once*' target/release/examples/decide snapshot 1000`,
//! built with `CARGO_PROFILE_RELEASE_STRIP=none`, so that the function has its name.
//! The first argument says how it is asked: of a `snapshot`, of a `set` of bundles, or `raw`, from strings. `compile`
//! parses every AWS managed policy, `worst` decides against the slowest patterns.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use policy::{
    Action, Bundle, Context, Keys, Named, Policy, PolicySet, Prepared, Principal, Question, RawContext,
    Request, Resource, Snapshot, SourceKind, decide, implied,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let way = std::env::args().nth(1).unwrap_or_else(|| "snapshot".to_owned());
    match way.as_str() {
        "compile" => return compile(),
        "worst" => return worst(),
        _ => {}
    }
    let times: u32 = std::env::args().nth(2).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let set = policies()?;
    let snapshot = Snapshot::new(set.clone());
    let requests = requests()?;
    let ready: Vec<Prepared> = requests.iter().cloned().map(Prepared::new).collect();
    let pairs: Vec<Vec<(String, String)>> = requests.iter().map(strings).collect();
    // The first time an action is asked for is not what is measured.
    for request in &ready {
        let _ = (decide(&set, request), snapshot.decide(&set, request));
    }
    let mut allowed = 0u32;
    let start = Instant::now();
    for turn in 0..times {
        let turn = turn as usize % requests.len();
        let request = ready.get(turn).ok_or("no requests")?;
        allowed += u32::from(match way.as_str() {
            "set" => decide_once(&set, request),
            "raw" => raw_decide_once(&snapshot, &set, request.request(), pairs.get(turn).ok_or("no keys")?)?,
            _ => snapshot_decide_once(&snapshot, &set, request),
        });
    }
    let spent = start.elapsed();
    println!("{allowed} of {times} allowed, {:.0} ns each", spent.as_secs_f64() * 1e9 / f64::from(times));
    Ok(())
}

/// Parses and prepares every AWS managed policy.
fn compile() -> Result<(), Box<dyn std::error::Error>> {
    let documents: Vec<&str> =
        catalog::managed_policies().iter().map(catalog::ManagedPolicy::document).collect();
    let bytes: usize = documents.iter().map(|document| document.len()).sum();
    let start = Instant::now();
    let policies =
        documents.iter().map(|text| Policy::parse(text).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
    let parsed = start.elapsed();
    let start = Instant::now();
    let named = policies.into_iter().map(|policy| Named::new(SourceKind::AwsManaged, "p", policy));
    let bundles: Vec<Arc<Bundle>> = named.map(Bundle::of).collect();
    let prepared = start.elapsed();
    let each = |spent: std::time::Duration| spent.as_secs_f64() * 1e6 / documents.len() as f64;
    println!(
        "{} policies of {bytes} bytes: {:.1} µs each to parse, {:.1} µs each to prepare",
        bundles.len(),
        each(parsed),
        each(prepared)
    );
    Ok(())
}

/// Decides against policies of the largest size with the worst patterns.
fn worst() -> Result<(), Box<dyn std::error::Error>> {
    let fill = |pattern: &str, tail: &str| {
        let pattern = pattern.repeat(1_000 / pattern.len());
        let one =
            format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::{pattern}{tail}"}}"#);
        let count = 6_000 / one.len();
        format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, vec![one; count].join(","))
    };
    let resource = format!("arn:aws:s3:::{}", "a".repeat(2_000));
    let alice = Principal::parse("arn:aws:iam::111111111111:user/alice")?;
    let mut request = Request::new(alice, Action::parse("s3:GetObject")?, &resource);
    request.context.set("v", "aaaaaaaa");
    let request = Prepared::new(request);
    for (pattern, tail) in [
        ("*a", "b"),
        ("a?", "*b"),
        ("*a?a", "b"),
        ("?*", "b"),
        ("a", "*b"),
        ("${v}*", "b"),
        ("${v}", "b*"),
        ("*${v}?", "b"),
        ("*aaaaaaaab", ""),
        ("*?????????a", "b"),
        ("a", "b*"),
        ("a?", "b*"),
        ("?", "b*"),
        ("*a?a", "b*"),
        ("*a?a?a?a?a?a?a?a?ab", "*"),
        ("*${v}?", "b*"),
    ] {
        for lead in ["", "*"] {
            let text = fill(pattern, tail).replace(":::", &format!(":::{lead}"));
            let policy = Arc::new(Policy::parse(&text)?);
            let set = PolicySet::new().with_identity(vec![Named::new(SourceKind::Input, "p", policy)]);
            let start = Instant::now();
            let allowed = (0..20).filter(|_| decide_once(&set, &request)).count();
            println!(
                "{:>8.1} µs {lead}{pattern}…{tail} ({allowed})",
                start.elapsed().as_secs_f64() * 1e6 / 20.0
            );
        }
    }
    Ok(())
}

#[inline(never)]
fn decide_once(set: &PolicySet, request: &Prepared) -> bool {
    decide(black_box(set), black_box(request)).is_allowed()
}

#[inline(never)]
fn snapshot_decide_once(snapshot: &Snapshot, set: &PolicySet, request: &Prepared) -> bool {
    black_box(snapshot).decide(black_box(set), black_box(request)).is_allowed()
}

/// Decides from strings, but for the principal, whom authentication knows.
#[inline(never)]
fn raw_decide_once(
    snapshot: &Snapshot,
    set: &PolicySet,
    request: &Request,
    pairs: &[(String, String)],
) -> Result<bool, policy::InvalidAction> {
    let mut keys = RawContext::with_capacity(pairs.len());
    for (key, value) in black_box(pairs) {
        keys.set(key, value);
    }
    let question = Question {
        principal: &request.principal,
        action: &Action::parse(black_box(request.action.as_str()))?,
        resource: &Resource::new(black_box(request.resource.as_str())),
        resource_account: request.resource_account,
        management_account: request.management_account,
        keys: Keys::Raw(&keys),
    };
    Ok(snapshot.evaluate(set, question).is_allowed())
}

/// The condition keys of a request as a caller has them.
fn strings(request: &Request) -> Vec<(String, String)> {
    let first =
        |values: &policy::Values| values.as_slice().first().map(ToString::to_string).unwrap_or_default();
    request.context.iter().map(|(key, values)| (key.as_str().to_owned(), first(values))).collect()
}

fn policies() -> Result<PolicySet, Box<dyn std::error::Error>> {
    let named = |text: &str| -> Result<Named, Box<dyn std::error::Error>> {
        Ok(Named::new(SourceKind::Input, "p", Arc::new(Policy::parse(text)?)))
    };
    let managed =
        |name: &str| named(catalog::managed_policy(name).ok_or("no such managed policy")?.document());
    let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let guard = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Deny","Action":["organizations:LeaveOrganization","iam:CreateUser","iam:CreateAccessKey"],"Resource":"*"},
        {"Effect":"Deny","NotAction":["iam:*","sts:*","s3:*","ec2:*","kms:*","support:*"],"Resource":"*",
         "Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1","us-east-1"]}}},
        {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}"#;
    let own = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::home/${aws:username}/*"},
        {"Effect":"Deny","Action":"s3:Delete*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;
    let bucket = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::home","arn:aws:s3:::home/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},
        {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/backup"},"Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::home","arn:aws:s3:::home/*"]}]}"#;
    let identity = [
        "/AmazonEC2FullAccess",
        "/CloudWatchReadOnlyAccess",
        "/AmazonS3ReadOnlyAccess",
        "/ReadOnlyAccess",
        "/IAMUserChangePassword",
    ];
    let mut identity = identity.into_iter().map(managed).collect::<Result<Vec<_>, _>>()?;
    identity.push(named(own)?);
    Ok(PolicySet {
        identity: Some(Bundle::new(identity)),
        boundary: Some(Bundle::of(managed("/PowerUserAccess")?)),
        session: None,
        resource: Some(Bundle::of(named(bucket)?)),
        endpoint: None,
        service_control: Some(
            vec![
                Bundle::new(vec![named(all)?, named(guard)?]),
                Bundle::of(named(all)?),
                Bundle::of(named(all)?),
            ]
            .into(),
        ),
        resource_control: None,
    })
}

fn requests() -> Result<Vec<Request>, Box<dyn std::error::Error>> {
    let principal = Principal::parse("arn:aws:iam::111111111111:user/team/alice")?;
    let mut context = Context::new();
    implied::add(&mut context, &principal, "2026-03-03T12:00:00Z".parse()?);
    for (key, value) in [
        ("aws:SourceIp", "203.0.113.7"),
        ("aws:SecureTransport", "true"),
        ("aws:RequestedRegion", "eu-west-1"),
        ("aws:UserAgent", "aws-cli/2.15"),
        ("aws:PrincipalOrgID", "o-example"),
        ("aws:ResourceAccount", "111111111111"),
        ("aws:PrincipalTag/team", "red"),
        ("aws:PrincipalTag/stage", "prod"),
        ("aws:ResourceTag/team", "red"),
        ("aws:MultiFactorAuthPresent", "true"),
        ("aws:MultiFactorAuthAge", "120"),
        ("s3:prefix", "x"),
        ("s3:authType", "REST-HEADER"),
    ] {
        context.set(key, value);
    }
    [
        ("s3:GetObject", "arn:aws:s3:::home/alice/notes/2026/03/03.txt"),
        ("s3:PutObject", "arn:aws:s3:::home/alice/notes/2026/03/03.txt"),
        ("s3:PutObject", "arn:aws:s3:::home/bob/notes.txt"),
        ("ec2:DescribeInstances", "*"),
        ("ec2:RunInstances", "arn:aws:ec2:eu-west-1:111111111111:instance/*"),
        ("iam:ChangePassword", "arn:aws:iam::111111111111:user/team/alice"),
        ("cloudwatch:GetMetricData", "*"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:111111111111:table/orders"),
        ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111111111111:table/orders"),
    ]
    .into_iter()
    .map(|(action, resource)| {
        Ok(Request::new(principal.clone(), Action::parse(action)?, resource).with_context(context.clone()))
    })
    .collect()
}
