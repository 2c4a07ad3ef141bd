//! Services that AWS does not have: checked and reasoned about like those that it has.

use std::sync::Arc;

use analysis::checks::{PolicyType, validate, validate_with};
use analysis::{Budget, Requests, compare_over};
use catalog::Catalog;
use policy::{Policy, ServiceDefinition};

const SHOP: &str = r#"{
    "Name": "shop",
    "Actions": [
        {"Name": "GetOrder", "Resources": [{"Name": "order"}], "ActionConditionKeys": ["shop:Channel"]},
        {"Name": "DeleteOrder", "Resources": [{"Name": "order"}]},
        {"Name": "ListOrders", "ActionConditionKeys": ["shop:Weights"]}
    ],
    "ConditionKeys": [
        {"Name": "shop:Channel", "Types": ["String"]},
        {"Name": "shop:Weights", "Types": ["ArrayOfNumeric"]},
        {"Name": "shop:Owner", "Types": ["ARN"]},
        {"Name": "shop:Label/${Label}", "Types": ["String"]}
    ],
    "Resources": [{"Name": "order", "ARNFormats": ["arn:${Partition}:shop:${Region}:${Account}:order/${OrderId}"],
        "ConditionKeys": ["shop:Owner"]}]
}"#;

fn shop() -> Catalog {
    let definition = ServiceDefinition::parse(SHOP).unwrap();
    Catalog::with([Arc::clone(definition.service())]).unwrap()
}

fn document(action: &str, resource: &str, condition: &str) -> String {
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "{action}",
            "Resource": "{resource}", "Condition": {condition}}}]}}"#
    )
}

fn codes(catalog: &Catalog, text: &str) -> Vec<(&'static str, String)> {
    let found = validate_with(text, PolicyType::Identity, None, None, catalog);
    found.into_iter().map(|finding| (finding.code, finding.details)).collect()
}

const ORDERS: &str = "arn:aws:shop:eu-west-1:123456789012:order/*";

#[test]
fn a_right_policy_of_an_own_service_has_no_findings_and_one_of_an_unknown_service_does() {
    let right = document("shop:GetOrder", ORDERS, r#"{"StringEquals": {"shop:Channel": "web"}}"#);
    assert_eq!(codes(&shop(), &right), []);
    let told = validate(&right, PolicyType::Identity, None);
    let unknown: Vec<_> = told.iter().map(|finding| finding.code).collect();
    assert_eq!(unknown, ["INVALID_SERVICE_IN_ACTION", "INVALID_SERVICE", "INVALID_SERVICE"]);
}

#[test]
fn each_mistake_is_found_as_it_is_with_services_of_aws() {
    for (action, resource, condition, code, details) in [
        ("shop:GetOrdr", ORDERS, "{}", "INVALID_ACTION", "Was `shop:GetOrder` meant?"),
        ("shop:Buy*", ORDERS, "{}", "INVALID_ACTION", "There is no action `shop:Buy*`."),
        ("shp:GetOrder", ORDERS, "{}", "INVALID_SERVICE_IN_ACTION", "Was `shop` meant?"),
        ("shop:GetOrder", "arn:aws:shop:eu-west-1:123456789012:cart/1", "{}", "INVALID_ARN_RESOURCE", ""),
        ("shop:GetOrder", "arn:aws:shop::123456789012:order/1", "{}", "MISSING_ARN_REGION", ""),
        ("shop:GetOrder", "arn:aws:shop:eu-west-1::order/1", "{}", "MISSING_ARN_ACCOUNT", ""),
        (
            "shop:GetOrder",
            "arn:aws:Shop:eu-west-1:123456789012:order/1",
            "{}",
            "INVALID_ARN_SERVICE_CASE",
            "`shop`",
        ),
        (
            "shop:GetOrder",
            ORDERS,
            r#"{"StringEquals": {"shop:Chanel": "web"}}"#,
            "INVALID_SERVICE_CONDITION_KEY",
            "The service shop has no condition key shop:Chanel.",
        ),
        (
            "shop:GetOrder",
            ORDERS,
            r#"{"NumericEquals": {"shop:Channel": "1"}}"#,
            "TYPE_MISMATCH",
            "The values of shop:Channel are of type String",
        ),
        ("shop:ListOrders", "*", r#"{"NumericEquals": {"shop:Weights": "1"}}"#, "MISSING_QUALIFIER", ""),
        (
            "shop:GetOrder",
            ORDERS,
            r#"{"StringLike": {"shop:Owner": "arn:aws:iam::123456789012:user/*"}}"#,
            "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",
            "ArnLike",
        ),
        (
            "shop:DeleteOrder",
            ORDERS,
            r#"{"StringEquals": {"shop:Channel": "web"}}"#,
            "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
            "Requests for shop:DeleteOrder never carry the condition key shop:Channel",
        ),
        (
            "shop:Delete*",
            ORDERS,
            r#"{"StringEquals": {"shop:Channel": "web"}}"#,
            "CONDITION_KEY_NEVER_CARRIED",
            "never holds",
        ),
        (
            "shop:GetOrder",
            ORDERS,
            r#"{"StringEquals": {"shop:Label": "web"}}"#,
            "MISSING_TAG_KEY_IN_CONDITION",
            "shop:Label/",
        ),
    ] {
        let found = codes(&shop(), &document(action, resource, condition));
        let told = found.iter().any(|(known, text)| *known == code && text.contains(details));
        assert!(told, "{code} {details}: {found:?}");
    }
}

#[test]
fn only_requests_that_an_own_service_has_are_realistic() {
    let catalog = shop();
    let parse = |text: &str| Arc::new(Policy::parse(text).unwrap());
    let wide = parse(&document("shop:*", ORDERS, "{}"));
    let narrow = parse(
        &document(r#"shop:GetOrder", "shop:DeleteOrder"#, ORDERS, "{}")
            .replace(r#""shop:GetOrder", "shop:DeleteOrder""#, r#"["shop:GetOrder", "shop:DeleteOrder"]"#),
    );
    // `shop:ListOrders` names no order.
    let relate = |a, b, requests| compare_over(a, b, requests, Budget::default()).relation.as_str();
    assert_eq!(relate(&wide, &narrow, Requests::Any), "morePermissive");
    assert_eq!(relate(&wide, &narrow, Requests::Realistic(&catalog)), "equivalent");

    let none = parse(r#"{"Version": "2012-10-17", "Statement": []}"#);
    let found = compare_over(&wide, &none, Requests::Realistic(&catalog), Budget::default());
    let witness = found.witness_a_minus_b.unwrap();
    assert!(["shop:GetOrder", "shop:DeleteOrder"].contains(&witness.action.as_str()), "{witness:?}");
    assert!(witness.resource.as_str().starts_with("arn:aws:shop:eu-west-1:123456789012:order/"));
    assert_eq!(
        relate(&wide, &none, Requests::Realistic(Catalog::aws())),
        "equivalent",
        "AWS has no such service"
    );
}

#[test]
fn a_key_is_one_value_or_many_as_its_definition_says() {
    let catalog = shop();
    let parse =
        |condition: &str| Arc::new(Policy::parse(&document("shop:ListOrders", "*", condition)).unwrap());
    let none = Arc::new(Policy::parse(r#"{"Version": "2012-10-17", "Statement": []}"#).unwrap());
    let relate = |condition: &str| {
        compare_over(&parse(condition), &none, Requests::Realistic(&catalog), Budget::default())
            .relation
            .as_str()
    };
    // A single value for a key of many never comes, and no request of the action carries the other key.
    assert_eq!(relate(r#"{"NumericEquals": {"shop:Weights": "1"}}"#), "equivalent");
    assert_eq!(relate(r#"{"ForAnyValue:NumericEquals": {"shop:Weights": "1"}}"#), "morePermissive");
    assert_eq!(relate(r#"{"StringEquals": {"shop:Channel": "web"}}"#), "equivalent");
}
