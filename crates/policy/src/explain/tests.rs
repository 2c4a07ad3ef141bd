use std::sync::Arc;

use super::*;
use crate::{Action, Context, Policy, SourceKind};

fn named(name: &str, document: &str) -> Named {
    Named::new(SourceKind::CustomerManaged, name, Arc::new(Policy::parse(document).unwrap()))
}

fn request() -> Request {
    let principal = Principal::parse("arn:aws:iam::123456789012:user/alice").unwrap();
    Request::new(principal, Action::parse("s3:GetObject").unwrap(), "arn:aws:s3:::b/k")
}

const HOME: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Put", "Effect": "Allow", "Action": "s3:Put*", "Resource": "*"},
    {"Sid": "Home", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::${aws:username}/*",
     "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}
  ]
}"#;

#[test]
fn a_refusal_names_the_nearest_miss_and_what_failed() {
    let set = PolicySet::new().with_identity(vec![named("home", HOME)]);
    let mut request = request();
    request.context = Context::new().with("aws:username", "alice").with("aws:SourceVpc", "vpc-2");
    let explanation = explain(&set, &request);
    assert_eq!(explanation.outcome, "implicitDeny");
    assert_eq!(explanation.blocked_by, ["identity"]);
    let identity = &explanation.layers[0];
    assert!(identity.matched.is_empty());
    let nearest = identity.nearest.as_ref().unwrap();
    assert_eq!((nearest.sid.as_deref(), nearest.statement_index), (Some("Home"), 1));
    assert_eq!(nearest.start, Place { line: 5, column: 5 });
    let failing: Vec<&str> =
        nearest.elements.iter().filter(|e| !e.matches).map(|e| e.element.as_str()).collect();
    assert_eq!(failing, ["Resource"]);
    assert_eq!(
        nearest.resolved,
        [("arn:aws:s3:::${aws:username}/*".to_owned(), Some("arn:aws:s3:::alice/*".to_owned()))]
    );
    let clause = &nearest.conditions[0];
    assert!(!clause.holds);
    assert_eq!(clause.request_values.as_deref(), Some(["vpc-2".to_owned()].as_slice()));
    assert_eq!(
        explanation.suggestions[0].statement,
        json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"})
    );
    assert_eq!(
        explanation.short(),
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: s3:GetObject on resource: \
         arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action"
    );
}

#[test]
fn what_a_suggestion_says_would_allow_the_request() {
    let mut request = request();
    request.resource_account = Some("999999999999".parse().unwrap());
    let mut set = PolicySet::new();
    let explanation = explain(&set, &request);
    assert_eq!(explanation.blocked_by, ["resource", "identity"]);
    for suggestion in &explanation.suggestions {
        let document = json!({"Version": "2012-10-17", "Statement": suggestion.statement}).to_string();
        let bundle = Bundle::of(named("suggested", &document));
        match suggestion.layer {
            "identity" => set.identity = Some(bundle),
            "resource" => set.resource = Some(bundle),
            other => panic!("{other}"),
        }
    }
    assert!(evaluate(&set, &request).is_allowed());
}

#[test]
fn every_matching_statement_is_listed_and_levels_are_told() {
    let all = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}]}"#;
    let set = PolicySet::new()
        .with_identity(vec![named("all", all)])
        .with_service_control(vec![vec![named("root", all)], vec![]]);
    let explanation = explain(&set, &request());
    assert_eq!(explanation.outcome, "explicitDeny");
    assert!(explanation.suggestions.is_empty());
    let scp = explanation.layers.iter().find(|layer| layer.layer == "serviceControl").unwrap();
    let levels: Vec<_> = scp.levels.iter().map(|level| (level.level, level.result)).collect();
    assert_eq!(levels, [(0, "deny"), (1, "silent")]);
    let identity = explanation.layers.iter().find(|layer| layer.layer == "identity").unwrap();
    let effects: Vec<_> = identity.matched.iter().map(|statement| statement.effect).collect();
    assert_eq!(effects, ["Allow", "Deny"]);
}

#[test]
fn the_text_form_has_a_paragraph_and_a_table() {
    let set = PolicySet::new()
        .with_identity(vec![named("home", HOME)])
        .with_boundary(named("edge", r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#));
    let text = explain(&set, &request()).to_string();
    let expected = "\
implicitDeny: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action

  layer                result  blocks  decided by
  identity             silent  yes     no statement applies
  permissionsBoundary  allow           Allow #1 of edge (1:14)

Nearest in identity: Allow `Home` of home (5:5)
  - Resource at 5:73 wants `arn:aws:s3:::${aws:username}/*`: the request has `arn:aws:s3:::b/k`
  - `arn:aws:s3:::${aws:username}/*` has a variable without a value
  - StringEquals aws:SourceVpc at 6:37 wants `vpc-1`: fails because the request does not have the key

Suggestion, not a recommendation: in identity this would allow it:
  {\"Action\":\"s3:GetObject\",\"Effect\":\"Allow\",\"Resource\":\"arn:aws:s3:::b/k\"}
";
    assert_eq!(text, expected);

    let text = explain(&PolicySet::new(), &request()).to_string();
    assert!(text.contains("  identity  notApplicable  yes     there is no policy\n"), "{text}");
}

/// The lines below the nearest miss of a layer's one statement.
fn misses(layer: &str, statement: &str) -> Vec<String> {
    let document = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
    let mut request = request();
    request.resource_account = Some("999999999999".parse().unwrap());
    request.context = Context::new().with("aws:username", "alice");
    let policy = || vec![named("p", &document)];
    let set = match layer {
        "identity" => PolicySet::new().with_identity(policy()),
        "permissionsBoundary" => PolicySet { boundary: Some(Bundle::new(policy())), ..PolicySet::new() },
        "session" => PolicySet::new().with_session(policy()),
        "resource" => PolicySet { resource: Some(Bundle::new(policy())), ..PolicySet::new() },
        "endpoint" => PolicySet::new().with_endpoint(policy()),
        "serviceControl" => PolicySet::new().with_service_control(vec![policy()]),
        other => panic!("{other}"),
    };
    let explanation = explain(&set, &request);
    let report = explanation.layers.iter().find(|report| report.layer == layer).unwrap();
    text::faults(report.nearest.as_ref().unwrap())
}

#[test]
fn each_element_that_fails_tells_what_it_wants_where_and_what_the_request_has() {
    let alice = "the request has `arn:aws:iam::123456789012:user/alice`";
    for (layer, statement, expected) in [
        ("identity", r#"{"Effect":"Allow","Action":["s3:Put*","ec2:*"],"Resource":"*"}"#,
            "Action at 1:64 wants `s3:Put*`, `ec2:*`: the request has `s3:GetObject`".to_owned()),
        ("permissionsBoundary", r#"{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}"#,
            "NotAction at 1:67 excepts `s3:*`: the request has `s3:GetObject`".to_owned()),
        ("session", r#"{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::a/*","arn:aws:s3:::${aws:username}"]}"#,
            "Resource at 1:82 wants `arn:aws:s3:::a/*`, `arn:aws:s3:::alice`: the request has `arn:aws:s3:::b/k`".to_owned()),
        ("serviceControl", r#"{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}"#,
            "NotResource at 1:85 excepts `arn:aws:s3:::b/*`: the request has `arn:aws:s3:::b/k`".to_owned()),
        ("resource", r#"{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::1:user/b","999999999999"],"Service":"s3.amazonaws.com"},"Action":"s3:*","Resource":"*"}"#,
            format!("Principal at 1:67 wants `arn:aws:iam::1:user/b`, `999999999999`, `s3.amazonaws.com`: {alice}")),
        ("endpoint", r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/bob"},"Action":"s3:*","Resource":"*"}"#,
            format!("Principal at 1:67 wants `arn:aws:iam::123456789012:user/bob`: {alice}")),
    ] {
        assert_eq!(misses(layer, statement), [expected], "{layer} {statement}");
    }
}

#[test]
fn every_part_that_fails_is_told_and_of_many_values_the_first_ones() {
    let many: Vec<String> = (0..30).map(|number| format!("arn:aws:s3:::x{number}")).collect();
    let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": many,
        "Condition": {"StringEquals": {"aws:username": ["bob", "eve"]}}});
    let found = misses("identity", &statement.to_string());
    let [resource, condition] = found.as_slice() else { panic!("{found:?}") };
    assert!(
        resource.contains("`arn:aws:s3:::x11` and 18 more: the request has `arn:aws:s3:::b/k`"),
        "{resource}"
    );
    assert!(!resource.contains("x12"), "{resource}");
    assert!(condition.ends_with("wants `bob`, `eve`: the request has `alice`"), "{condition}");
}

#[test]
fn json_tells_values_of_elements_that_fail_and_of_no_others() {
    let set = PolicySet::new().with_identity(vec![named("home", HOME)]);
    let value = serde_json::to_value(explain(&set, &request())).unwrap();
    let elements = value.pointer("/layers/0/nearest/elements").unwrap();
    let [action, resource] = elements.as_array().unwrap().as_slice() else { panic!("{elements}") };
    assert_eq!(action.get("requestValue").or(action.get("policyValues")), None);
    assert_eq!(resource["requestValue"], "arn:aws:s3:::b/k");
    assert_eq!(resource["policyValues"], json!(["arn:aws:s3:::${aws:username}/*"]));
    assert_eq!(resource["start"], json!({"line": 5, "column": 73}));
}

#[test]
fn a_statement_for_somebody_else_is_farther_than_one_for_another_resource() {
    let policy = r#"{"Statement":[
        {"Sid":"Other","Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"s3:*","Resource":"*"},
        {"Sid":"Own","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::c/*"},
        {"Sid":"Far","Effect":"Allow","Principal":"*","Action":"ec2:*","Resource":"*"}]}"#;
    let mut request = request();
    request.resource_account = Some("999999999999".parse().unwrap());
    let set = PolicySet::new().with_resource(named("bucket", policy));
    let explanation = explain(&set, &request);
    let resource = explanation.layers.iter().find(|layer| layer.layer == "resource").unwrap();
    assert_eq!(resource.nearest.as_ref().unwrap().sid.as_deref(), Some("Own"));
}

#[test]
fn where_every_statement_fails_in_all_its_parts_the_one_for_the_service_is_nearest() {
    let nearest = |policy: &str| {
        let set = PolicySet::new().with_identity(vec![named("far", policy)]);
        explain(&set, &request()).layers[0].nearest.as_ref().unwrap().sid.clone().unwrap()
    };
    let compute = r#"{"Sid":"Compute","Effect":"Allow","Action":"ec2:*","Resource":"*"}"#;
    let elsewhere = r#"{"Sid":"Elsewhere","Effect":"Allow","Action":"ec2:*","Resource":"arn:aws:ec2:*:*:*",
        "Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#;
    let put = r#"{"Sid":"Put","Effect":"Allow","Action":["ec2:*","S3:Put*"],"Resource":"arn:aws:s3:::c/*",
        "Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#;
    let rest = r#"{"Sid":"Rest","Effect":"Allow","NotAction":"s3:*","Resource":"*"}"#;
    for (statements, expected) in [
        (vec![elsewhere], "Elsewhere"),
        (vec![elsewhere, compute], "Compute"),
        (vec![elsewhere, compute, put], "Put"),
        (vec![compute, put, rest], "Rest"),
    ] {
        let policy = format!(r#"{{"Statement":[{}]}}"#, statements.join(","));
        assert_eq!(nearest(&policy), expected);
    }
}

#[test]
fn those_whom_not_principal_lists_are_told_to_be_excepted() {
    let statement = r#"{"Effect":"Allow","NotPrincipal":{"AWS":["arn:aws:iam::123456789012:user/alice","arn:aws:iam::123456789012:user/bob"]},"Action":"s3:*","Resource":"*"}"#;
    assert_eq!(
        misses("resource", statement),
        ["NotPrincipal at 1:70 excepts `arn:aws:iam::123456789012:user/alice`, \
          `arn:aws:iam::123456789012:user/bob`: the request has `arn:aws:iam::123456789012:user/alice`"]
    );

    let deny = r#"{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/bob"},"Action":"s3:*","Resource":"*"}}"#;
    let explanation = explain(&PolicySet::new().with_resource(named("bucket", deny)), &request());
    assert_eq!(explanation.outcome, "explicitDeny");
    let resource = explanation.layers.iter().find(|layer| layer.layer == "resource").unwrap();
    let told: Vec<_> =
        resource.matched[0].elements.iter().map(|part| (part.element.as_str(), part.matches)).collect();
    assert_eq!(told, [("Action", true), ("NotPrincipal", true), ("Resource", true)]);
}

#[test]
fn suggestions_fit_the_layer_they_are_for() {
    let principal = Principal::parse("arn:aws:iam::123456789012:user/alice").unwrap();
    let role = "arn:aws:iam::123456789012:role/r";
    let assume = Request::new(principal, Action::parse("sts:AssumeRole").unwrap(), role);
    let explanation = explain(&PolicySet::new(), &assume);
    let of =
        |layer: &str| explanation.suggestions.iter().find(|suggestion| suggestion.layer == layer).unwrap();
    assert_eq!(
        of("resource").statement,
        json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/alice"}, "Action": "sts:AssumeRole"})
    );
    assert_eq!(
        of("identity").statement,
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role})
    );
    let controlled = PolicySet::new().with_resource_control(vec![vec![]]);
    let explanation = explain(&controlled, &request());
    assert_eq!(explanation.blocked_by, ["resourceControl", "identity"]);
    let layers: Vec<_> = explanation.suggestions.iter().map(|suggestion| suggestion.layer).collect();
    assert_eq!(layers, ["identity"]);
}

fn shop() -> catalog::Catalog {
    let definition = crate::ServiceDefinition::parse(
        r#"{
            "Name": "shop",
            "Actions": [
                {"Name": "GetOrder", "Resources": [{"Name": "order"}], "ActionConditionKeys": ["shop:Weights"],
                 "Annotations": {"Properties": {"IsWrite": false}}},
                {"Name": "ListOrders"}
            ],
            "ConditionKeys": [{"Name": "shop:Weights", "Types": ["ArrayOfNumeric"]}],
            "Resources": [{"Name": "order", "ARNFormats": ["arn:${Partition}:shop:${Region}:${Account}:order/${Id}"]}]
        }"#,
    );
    catalog::Catalog::with([Arc::clone(definition.unwrap().service())]).unwrap()
}

fn order(action: &str, resource: &str) -> Request {
    let mut request = request();
    request.action = Action::parse(action).unwrap();
    request.resource = resource.into();
    request
}

#[test]
fn an_explanation_tells_what_is_known_of_an_own_service() {
    let weights = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "shop:GetOrder",
        "Resource": "*", "Condition": {"NumericEquals": {"shop:Weights": "1"}}}}"#;
    let set = PolicySet::new().with_identity(vec![named("weights", weights)]);
    let mut request = order("shop:getorder", "arn:aws:shop:eu-west-1:123456789012:order/7");
    request.context = Context::new();
    request.context.set_list("shop:Weights", ["1", "2"].map(compact_str::CompactString::from));
    let explanation = explain_with(&set, &request, &shop());
    let known = explanation.known.as_ref().unwrap();
    assert_eq!((known.service.as_str(), known.action.as_deref()), ("shop", Some("shop:GetOrder")));
    assert_eq!((known.access_level, known.takes_resource), (Some("Read"), true));
    assert_eq!(known.resource_types[0].name, "order");
    assert_eq!(explanation.remark, None);
    let nearest = explanation.layers[0].nearest.as_ref().unwrap();
    assert_eq!(nearest.conditions[0].key_type.as_deref(), Some("ArrayOfNumeric"));
    assert!(
        explanation.to_string().contains("NumericEquals shop:Weights (ArrayOfNumeric) at 2:"),
        "{explanation}"
    );
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["actionFacts"]["resourceTypes"][0]["name"], "order");

    // Without the definition the decision is the same, and nothing is known.
    let unknown = explain(&set, &request);
    assert_eq!(unknown.outcome, explanation.outcome);
    assert!(unknown.known.is_none() && unknown.remark.is_none());
}

#[test]
fn what_no_call_asks_for_is_remarked() {
    let set = PolicySet::new().with_identity(vec![]);
    for (action, resource, remark) in [
        ("shop:GetOrdr", "*", Some("shop has no action shop:GetOrdr.")),
        (
            "shop:ListOrders",
            "arn:aws:shop:::order/1",
            Some("shop:ListOrders acts on no resource in particular: only \"*\" can be named."),
        ),
        (
            "shop:GetOrder",
            "arn:aws:shop:eu-west-1:123456789012:cart/1",
            Some(
                "shop:GetOrder acts on order (arn:${Partition}:shop:${Region}:${Account}:order/${Id}); \
                 `arn:aws:shop:eu-west-1:123456789012:cart/1` is none of these.",
            ),
        ),
        ("shop:GetOrder", "*", None),
        ("shop:ListOrders", "*", None),
        ("s3:GetObject", "arn:aws:s3:::b/k", None),
        ("other:Thing", "x", None),
    ] {
        let explanation = explain_with(&set, &order(action, resource), &shop());
        assert_eq!(explanation.remark.as_deref(), remark, "{action} {resource}");
    }
}

#[test]
fn a_suggestion_names_no_resource_where_the_action_takes_none() {
    let set = PolicySet::new().with_identity(vec![]);
    let suggested = |action: &str, resource: &str| {
        explain_with(&set, &order(action, resource), &shop()).suggestions[0].statement["Resource"].clone()
    };
    let arn = "arn:aws:shop:eu-west-1:123456789012:order/7";
    assert_eq!(suggested("shop:ListOrders", arn), "*");
    assert_eq!(suggested("shop:GetOrder", arn), arn);
    assert_eq!(suggested("other:Thing", arn), arn);
    assert_eq!(suggested("iam:ListUsers", "*"), "*");
}

#[test]
fn a_level_that_allows_has_no_near_miss_and_the_silent_ones_are_told() {
    let wide = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
        {"Sid":"Beside","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::c/*"}]}"#;
    let put = r#"{"Statement":{"Sid":"Put","Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}"#;
    let set = PolicySet::new().with_identity(vec![named("all", wide)]).with_service_control(vec![
        vec![named("root", wide)],
        vec![named("unit", put)],
        vec![],
    ]);
    let explanation = explain(&set, &request());
    assert_eq!(explanation.blocked_by, ["serviceControl"]);
    let nearest = explanation.layers[0].nearest.as_ref().unwrap();
    assert_eq!((nearest.sid.as_deref(), nearest.level), (Some("Put"), Some(1)));
    assert_eq!(explanation.suggestions[0].levels, [1, 2]);
    let text = explanation.to_string();
    assert!(text.contains("serviceControl  silent  yes     no statement applies on levels 1, 2\n"), "{text}");
    assert!(text.contains("in serviceControl of levels 1, 2 this would allow it:\n"), "{text}");
}

#[test]
fn a_suggestion_means_the_resource_letter_by_letter() {
    for (resource, suggested, other) in [
        ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/${$}{aws:username}", "arn:aws:s3:::b/alice"),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/k"),
        ("arn:aws:s3:::b/k?$", "arn:aws:s3:::b/k${?}${$}", "arn:aws:s3:::b/kk$"),
        ("own/thing", "*", ""),
        ("arn:aws:s3", "*", ""),
    ] {
        let mut request = order("shop2:Get", resource);
        request.context = Context::new().with("aws:username", "alice");
        let explanation = explain(&PolicySet::new().with_identity(vec![]), &request);
        let statement = &explanation.suggestions[0].statement;
        assert_eq!(statement["Resource"], suggested);
        let document = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        let set = PolicySet::new().with_identity(vec![named("suggested", &document)]);
        assert!(evaluate(&set, &request).is_allowed(), "{resource}");
        request.resource = other.into();
        assert_eq!(evaluate(&set, &request).is_allowed(), suggested == "*", "{other}");
    }
}
