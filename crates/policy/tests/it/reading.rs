//! What a parsed policy tells of itself, to whoever reads it rather than asks it to decide.

use policy::condition::Clause;
use policy::{
    Context, Effect, Layer, LayerResult, Polarity, Policy, PolicySet, PrincipalKind, Reach, Snapshot,
    SourceKind, Version, evaluate, evaluate_layer,
};

use crate::support::{
    A, B, ROLE, SESSION, USER, allow, context, deny, named, rcp, request, root, service_linked, session, user,
};

/// The one clause of `{"operator": {"k": values}}`.
fn clause(operator: &str, values: &str) -> Clause {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"{operator}":{{"k":{values}}}}}}}}}"#
    );
    let policy = Policy::parse(&text).unwrap();
    policy.statements()[0].conditions()[0].clone()
}

#[test]
fn an_operator_tells_its_parts() {
    for (operator, base, negated, if_exists) in [
        ("StringEquals", "StringEquals", false, false),
        ("StringNotEqualsIfExists", "StringNotEquals", true, true),
        ("ForAllValues:ArnNotLike", "ArnNotLike", true, false),
        ("ForAnyValue:DateLessThanIfExists", "DateLessThan", false, true),
        ("NotIpAddress", "NotIpAddress", true, false),
    ] {
        let test = clause(operator, "[]").test();
        assert_eq!((test.operator(), test.name().as_str()), (base, operator));
        assert_eq!((test.is_negated(), test.is_if_exists()), (negated, if_exists), "{operator}");
        assert!(format!("{test:?}").contains(base), "{test:?}");
    }
}

#[test]
fn a_clause_takes_a_value_by_itself() {
    let keys = context(&[("v", "value")]);
    for (operator, values, value, taken) in [
        ("StringEquals", r#"["a","b"]"#, "b", true),
        ("StringEquals", r#"["a","b"]"#, "c", false),
        ("StringNotEquals", r#"["a","b"]"#, "b", false),
        ("ForAnyValue:StringNotLikeIfExists", r#""a*""#, "b", true),
        ("StringLike", r#""${v}*""#, "values", true),
        ("ForAllValues:NumericLessThan", "5", "7", false),
        ("Null", r#""true""#, "", true),
        ("Null", r#""true""#, "x", false),
        ("Null", r#""false""#, "x", true),
        ("Null", r#""false""#, "", false),
        ("Null", r#""x""#, "", false),
    ] {
        let clause = clause(operator, values);
        assert_eq!(clause.accepts(value, &keys), taken, "{operator} {values} takes {value}");
    }
}

#[test]
fn a_value_tells_whether_it_is_of_its_operator_s_type() {
    for (operator, value, valid) in [
        ("NumericEquals", "5", true),
        ("NumericEquals", "five", false),
        ("IpAddress", "10.0.0.0/8", true),
        ("IpAddress", "10.0.0.0/33", false),
        ("DateEquals", "2020-02-30", false),
        ("ArnLike", "*", false),
        ("ArnLike", "arn:aws:s3:::*", true),
        ("Bool", "yes", false),
        ("StringEquals", "", true),
    ] {
        let clause = clause(operator, &format!("{value:?}"));
        assert_eq!(clause.values()[0].is_valid(), valid, "{operator} {value}");
    }
}

#[test]
fn a_value_is_shown_as_the_request_fills_it() {
    let keys = context(&[("v", "value")]);
    let resolved = |operator: &str, value: &str, keys: &Context| {
        let clause = clause(operator, &format!("{value:?}"));
        clause.values()[0].resolved(keys).map(|text| text.to_string())
    };
    for (operator, value, shown) in [
        ("StringEquals", "a-${v}", Some("a-value")),
        ("StringEqualsIgnoreCase", "a-${v}", Some("a-value")),
        ("StringLike", "?-${v}-*", Some("?-value-*")),
        ("StringLike", "${none}", None),
        ("StringEquals", "${none, 'other'}", Some("other")),
        ("StringEquals", "plain", Some("plain")),
        ("ArnLike", "arn:aws:iam::*:role/${v}", Some("arn:aws:iam::*:role/value")),
        ("ArnLike", "arn:aws:iam::*:role/r", Some("arn:aws:iam::*:role/r")),
        ("ArnLike", "arn:aws:iam::*:role/${none}", None),
        ("NumericEquals", "5", Some("5")),
    ] {
        assert_eq!(resolved(operator, value, &keys).as_deref(), shown, "{operator} {value}");
    }
}

#[test]
fn a_snapshot_keeps_the_layers_of_the_principal_s_side() {
    let set = PolicySet::new()
        .with_identity(vec![allow("s3:*")])
        .with_resource(rcp("Allow", "s3:*"))
        .with_service_control(vec![vec![allow("*")]]);
    let snapshot = Snapshot::new(set);
    let kept = snapshot.policies();
    assert_eq!(kept.identity.as_ref().map(|bundle| bundle.policies().len()), Some(1));
    assert_eq!(kept.service_control.as_ref().map(|levels| levels.len()), Some(1));
    assert!(kept.resource.is_none() && kept.session.is_none());
}

#[test]
fn a_policy_s_source_has_a_word() {
    for (kind, word) in [
        (SourceKind::AwsManaged, "aws-managed"),
        (SourceKind::CustomerManaged, "user-managed"),
        (SourceKind::User, "user"),
        (SourceKind::Group, "group"),
        (SourceKind::Role, "role"),
        (SourceKind::Trust, "resource"),
        (SourceKind::Resource, "resource"),
        (SourceKind::Input, "none"),
    ] {
        assert_eq!(kind.wire_name(), word);
    }
}

#[test]
fn entries_tell_their_text_and_their_place() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Sid":"S","Effect":"Deny",
        "Principal":{"AWS":["*","123456789012"],"Service":"ec2.amazonaws.com"},
        "NotAction":["s3:Get*","iam:*"],"Resource":["*","arn:aws:s3:::${v}/*","arn:aws:s3:::b"]}}"#;
    let policy = Policy::parse(text).unwrap();
    let statement = &policy.statements()[0];
    let at = |span: policy::Span| &text[span.start as usize..span.end as usize];
    let principals = statement.principals().unwrap();
    let told: Vec<_> =
        principals.patterns().iter().map(|one| (one.kind(), one.as_str(), one.is_everyone())).collect();
    assert_eq!(
        told,
        [
            (PrincipalKind::Aws, "*", true),
            (PrincipalKind::Aws, "123456789012", false),
            (PrincipalKind::Service, "ec2.amazonaws.com", false),
        ]
    );
    let actions = statement.actions();
    assert_eq!((actions.polarity(), at(actions.span())), (Polarity::AllBut, r#"["s3:Get*","iam:*"]"#));
    let resources = statement.resources().unwrap();
    let texts = principals.patterns().iter().map(|one| (one.as_str(), at(one.span())));
    let texts = texts.chain(actions.patterns().iter().map(|one| (one.as_str(), at(one.span()))));
    let texts = texts.chain(resources.patterns().iter().map(|one| (one.as_str(), at(one.span()))));
    for (text, place) in texts {
        assert_eq!(place, format!("{text:?}"));
    }
    assert_eq!(resources.patterns()[2].as_str(), "arn:aws:s3:::b");
    let every: Vec<bool> = resources.patterns().iter().map(|one| one.is_every()).collect();
    assert_eq!(every, [true, false, false]);
    let resolved = |keys: &Context| {
        resources
            .patterns()
            .iter()
            .map(|one| one.resolved(keys).map(|text| text.to_string()))
            .collect::<Vec<_>>()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(resolved(&Context::new()), [text("*"), None, text("arn:aws:s3:::b")]);
    assert_eq!(
        resolved(&context(&[("v", "value")])),
        [text("*"), text("arn:aws:s3:::value/*"), text("arn:aws:s3:::b")]
    );
}

#[test]
fn the_key_above_a_principal_is_read_letter_by_letter() {
    let kinds =
        [PrincipalKind::Aws, PrincipalKind::Service, PrincipalKind::Federated, PrincipalKind::CanonicalUser];
    for (kind, key) in kinds.into_iter().zip(["AWS", "Service", "Federated", "CanonicalUser"]) {
        assert_eq!((kind.as_str(), PrincipalKind::parse(key)), (key, Some(kind)));
    }
    assert_eq!(PrincipalKind::parse("aws"), None);
}

#[test]
fn a_principal_element_tells_whom_it_reaches_and_how() {
    let reach = |element: &str, effect: Effect, principal: &policy::Principal, bounded: bool| {
        let document = named(&format!(r#"{{"Statement":{{"Effect":"Deny","Action":"*",{element}}}}}"#));
        let element = document.policy.statements()[0].principals().unwrap().clone();
        let reach = element.reach(principal, effect, bounded);
        if !bounded {
            assert_eq!(element.speaks_to(principal, effect), reach.is_some());
        }
        reach
    };
    let aws = |name: &str| format!(r#""Principal":{{"AWS":"{name}"}}"#);
    for (name, principal, expected) in [
        ("*", user(), Some(Reach::Direct)),
        (USER, user(), Some(Reach::Direct)),
        (ROLE, session(), Some(Reach::Entity)),
        (SESSION, session(), Some(Reach::Direct)),
        ("111111111111", user(), Some(Reach::Account)),
        ("arn:aws:iam::111111111111:root", user(), Some(Reach::Account)),
        ("arn:aws:iam::111111111111:root", root(), Some(Reach::Direct)),
        ("arn:aws:iam::111111111111:rooted", user(), None),
        ("arn:aws:iam::111111111111:root/x", user(), None),
        ("222222222222", user(), None),
    ] {
        assert_eq!(reach(&aws(name), Effect::Allow, &principal, false), expected, "{name}");
        assert_eq!(reach(&aws(name), Effect::Allow, &principal, true), expected, "{name}");
    }
    let all_but = format!(r#""NotPrincipal":{{"AWS":"{USER}"}}"#);
    assert_eq!(reach(&all_but, Effect::Deny, &user(), false), None);
    assert_eq!(reach(&all_but, Effect::Deny, &user(), true), Some(Reach::Direct));
    assert_eq!(reach(&all_but, Effect::Allow, &user(), true), None);
    assert_eq!(reach(&all_but, Effect::Deny, &session(), false), Some(Reach::Direct));
}

#[test]
fn a_context_lists_its_keys_in_the_order_in_which_they_came() {
    let mut keys = context(&[("x:b", "1"), ("aws:SourceIp", "10.0.0.1"), ("x:a", "2")]);
    keys.set("X:B", "3");
    let listed: Vec<_> =
        keys.iter().map(|(key, values)| (key.folded(), values.as_slice()[0].as_str())).collect();
    assert_eq!(listed, [("x:b", "3"), ("aws:sourceip", "10.0.0.1"), ("x:a", "2")]);
    assert!(Context::new().is_empty() && !keys.is_empty());
    let shown = format!("{keys:?}");
    assert!(shown.contains("aws:SourceIp") && shown.contains("10.0.0.1"), "{shown}");
}

#[test]
fn every_rule_outside_policies_is_told_in_words_of_its_own() {
    use policy::Guard::*;
    let guards = [
        RootAssumesRole,
        SessionToken,
        FederationToken,
        TemporaryCredentials,
        Partition,
        AwsManagedPolicy,
        ReservedRole,
        ServiceLinkedRole,
        AwsManagedAlias,
    ];
    let told: std::collections::BTreeSet<&str> = guards.iter().map(|guard| guard.description()).collect();
    assert_eq!(told.len(), guards.len());
    let assume = crate::support::request(root(), "sts:AssumeRole", ROLE);
    let short = policy::explain(&PolicySet::new(), &assume).short();
    assert!(short.ends_with("(roles may not be assumed by root accounts)"), "{short}");
}

#[test]
fn what_the_older_parser_refuses_is_told_in_particular() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"s3:*","Resource":"*"}}"#;
    let refused = policy::validate::identity_policy(text).unwrap_err();
    assert_eq!(refused.message, "The policy failed legacy parsing");
    assert!(refused.detail.is_some_and(|detail| detail.contains("Effect")));
}

#[test]
fn a_resource_is_its_text() {
    let resource = policy::Resource::new("arn:aws:s3:::b");
    assert_eq!(resource, "arn:aws:s3:::b".into());
    assert_ne!(resource, policy::Resource::from("arn:aws:s3:::B".to_owned()));
    assert_eq!(resource, policy::Resource::from(&types::Arn::parse("arn:aws:s3:::b").unwrap()));
    assert_eq!(
        (format!("{resource}"), format!("{resource:?}")),
        ("arn:aws:s3:::b".into(), "arn:aws:s3:::b".into())
    );
}

#[test]
fn a_layers_documents_speak_for_themselves_even_of_what_needs_no_permission() {
    let action = "sts:GetCallerIdentity";
    for (policy, says) in [
        (allow(action), LayerResult::Allow),
        (deny(action), LayerResult::Deny),
        (allow("s3:*"), LayerResult::Silent),
    ] {
        let set = PolicySet::new().with_identity(vec![policy]);
        let asked = request(user(), action, "*");
        assert_eq!(evaluate_layer(&set, Layer::Identity, &asked), says);
        assert_eq!(evaluate_layer(&set, Layer::Boundary, &asked), LayerResult::NotApplicable);
        assert!(evaluate(&set, &asked).is_allowed(), "whatever policies say");
    }
    // Control policies do not bind service-linked roles.
    let set = PolicySet::new().with_service_control(vec![vec![deny("*")]]);
    let asked = |principal| evaluate_layer(&set, Layer::ServiceControl, &request(principal, action, "*"));
    assert_eq!((asked(user()), asked(service_linked())), (LayerResult::Deny, LayerResult::NotApplicable));
}

#[test]
fn a_policy_tells_its_version_and_its_id() {
    for (head, version, id) in [
        (r#""Version":"2012-10-17","Id":"Mine","#, Version::V2012, Some("Mine")),
        (r#""Version":"2008-10-17","Id":"","#, Version::V2008, Some("")),
        ("", Version::V2008, None),
    ] {
        let document = named(&format!(r#"{{{head}"Statement":[]}}"#));
        assert_eq!((document.policy.version(), document.policy.id()), (version, id), "{head}");
    }
}

#[test]
fn a_request_s_resource_belongs_to_whoever_is_told_first() {
    let action = policy::Action::parse("s3:GetObject").unwrap();
    let owner = |principal, resource: &str, told: Option<&str>| {
        let mut asked = policy::Request::new(principal, action.clone(), resource);
        asked.resource_account = told.map(|account| types::AccountId::parse(account).unwrap());
        asked.resource_owner().map(|account| account.as_str().to_owned())
    };
    let of_b = format!("arn:aws:sns:eu-west-1:{B}:topic");
    let told = "333333333333";
    for (principal, resource, by_caller, expected) in [
        (user(), of_b.as_str(), Some(told), Some(told)),
        (user(), of_b.as_str(), None, Some(B)),
        (user(), "arn:aws:s3:::b", None, Some(A)),
        (policy::Principal::Anonymous, "arn:aws:s3:::b", None, None),
    ] {
        assert_eq!(owner(principal, resource, by_caller).as_deref(), expected, "{resource} {by_caller:?}");
    }
}
