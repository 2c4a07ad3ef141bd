use super::*;

const SHOP: &str = r#"{
  "Name": "shop",
  "Version": "v1.0",
  "Actions": [
    {"Name": "GetOrder",
     "ActionConditionKeys": ["shop:Channel", "aws:TagKeys"],
     "Annotations": {"Properties": {"IsList": false, "IsPermissionManagement": false,
                                    "IsTaggingOnly": false, "IsWrite": false}},
     "Resources": [{"Name": "order"}, {"Name": "cart", "ConditionKeys": ["shop:Weights"]}],
     "SupportedBy": {"IAM Action Last Accessed": true}},
    {"Name": "ListOrders", "Annotations": {"Properties": {"IsList": true}}},
    {"Name": "TagOrder", "Annotations": {"Properties": {"IsTaggingOnly": true, "IsWrite": true}}},
    {"Name": "ShareOrder", "Annotations": {"Properties": {"IsPermissionManagement": true, "IsWrite": true}}},
    {"Name": "Refund"}
  ],
  "ConditionKeys": [
    {"Name": "shop:Channel", "Types": ["String"]},
    {"Name": "shop:Weights", "Types": ["ArrayOfNumeric"]},
    {"Name": "shop:Label/${Label}", "Types": ["String"]},
    {"Name": "aws:ResourceTag/${TagKey}", "Types": ["String"]}
  ],
  "Operations": [{"Name": "GetOrder"}],
  "Resources": [
    {"Name": "order", "ARNFormats": ["arn:${Partition}:shop:${Region}:${Account}:order/${OrderId}"],
     "ConditionKeys": ["aws:ResourceTag/${TagKey}"]},
    {"Name": "cart", "ARNFormats": ["arn:${Partition}:shop:::cart/${CartId}"]}
  ]
}"#;

fn refusal(from: &str, to: &str) -> (String, u32, u32) {
    assert!(SHOP.contains(from), "{from}");
    let refused = ServiceDefinition::parse(&SHOP.replacen(from, to, 1)).unwrap_err();
    (refused.message, refused.position.line, refused.position.column)
}

#[test]
fn a_definition_becomes_a_service() {
    let definition = ServiceDefinition::parse(SHOP).unwrap();
    assert_eq!(definition.text(), SHOP);
    let shop = definition.service();
    assert_eq!((shop.prefix(), shop.name()), ("shop", "shop"));
    let levels: Vec<_> = shop.actions().iter().map(|action| (action.name(), action.access_level())).collect();
    assert_eq!(
        levels,
        [
            ("GetOrder", AccessLevel::Read),
            ("ListOrders", AccessLevel::List),
            ("Refund", AccessLevel::Write),
            ("ShareOrder", AccessLevel::PermissionsManagement),
            ("TagOrder", AccessLevel::Tagging),
        ]
    );
    let get = shop.action("getorder").unwrap();
    assert_eq!(get.condition_keys().collect::<Vec<_>>(), ["shop:Channel", "aws:TagKeys"]);
    let cart = get.resources().find(|usage| usage.name() == "cart").unwrap();
    assert_eq!(cart.condition_keys().collect::<Vec<_>>(), ["shop:Weights"]);
    assert!(!cart.is_required());
    assert!(shop.action("ListOrders").unwrap().takes_only_wildcard());
    let weights = shop.condition_key("shop:weights").unwrap();
    assert_eq!((weights.key_type(), weights.is_multivalued()), (KeyType::Numeric, true));
    assert_eq!(shop.condition_key("shop:Label/x").unwrap().name(), "shop:Label/${Label}");
    assert!(shop.condition_key("aws:TagKeys").unwrap().is_multivalued(), "named by an action is enough");
    assert_eq!(shop.resource_type("cart").unwrap().arn_formats().count(), 1);
    assert!(!shop.takes_resource_control_policies());
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    let (message, line, column) = refusal("\"Version\": \"v1.0\",", "\"Version\": \"v1.0\"");
    assert_eq!((message.as_str(), line, column), ("expected `,` or `}`", 4, 3));
    let (message, line, column) = refusal("\"Version\"", "\"Name\"");
    assert_eq!((message.as_str(), line, column), ("the key `Name` stands twice in one object", 3, 3));
    let long = format!("{}{SHOP}", " ".repeat(MAX_DEFINITION_BYTES));
    let refused = ServiceDefinition::parse(&long).unwrap_err();
    assert_eq!(refused.message, "the text is longer than 131072 bytes");
}

#[test]
fn what_is_unknown_missing_or_of_the_wrong_kind_is_refused_where_it_stands() {
    for (from, to, message, line, column) in [
        ("\"Version\": \"v1.0\"", "\"Vers\": 1", "a service has no `Vers`, only Name, Actions,", 3, 3),
        ("{\"Name\": \"Refund\"}", "{}", "an action has a `Name`", 14, 5),
        ("{\"Name\": \"Refund\"}", "{\"Name\": 7}", "a name is a string, not a number", 14, 14),
        ("{\"Name\": \"Refund\"}", "\"Refund\"", "an action is an object, not a string", 14, 5),
        ("\"IsList\": true", "\"IsList\": \"yes\"", "`IsList` is true or false, not a string", 11, 69),
        ("\"IsList\": true", "\"IsLst\": true", "`Properties` has no `IsLst`,", 11, 59),
        (
            "[\"shop:Channel\", \"aws:TagKeys\"]",
            "\"shop:Channel\"",
            "`ActionConditionKeys` is a list, not a string",
            6,
            29,
        ),
    ] {
        let (told, at_line, at_column) = refusal(from, to);
        assert!(told.starts_with(message), "{told}");
        assert_eq!((at_line, at_column), (line, column), "{told}");
    }
    let refused = ServiceDefinition::parse(r#"{"Name": "shop"}"#).unwrap_err();
    assert_eq!(refused.to_string(), "line 1, column 1: a service has at least one action in `Actions`");
    assert!(ServiceDefinition::parse("[]").unwrap_err().message.starts_with("a service is an object"));
}

#[test]
fn names_are_held_to_their_form_and_stand_once() {
    for (from, to, message) in [
        ("\"shop\"", "\"Shop\"", "`Shop` cannot name a service"),
        ("\"shop\"", "\"\"", "`` cannot name a service"),
        ("\"Refund\"", "\"Re fund\"", "`Re fund` cannot name an action"),
        ("\"Refund\"", "\"Refund*\"", "`Refund*` cannot name an action"),
        ("\"Refund\"", "\"GETORDER\"", "the action `GETORDER` stands there twice"),
        ("[{\"Name\": \"order\"}", "[{\"Name\": \"cart\"}", "the resource type `cart` stands there twice"),
        (
            "{\"Name\": \"cart\", \"ARNFormats\"",
            "{\"Name\": \"Order\", \"ARNFormats\"",
            "the resource type `Order` stands",
        ),
        (
            "\"shop:Weights\", \"Types\"",
            "\"shop:channel\", \"Types\"",
            "the condition key `shop:channel` stands",
        ),
        ("\"shop:Weights\", \"Types\"", "\"shop:a b\", \"Types\"", "`shop:a b` cannot name a condition key"),
        (
            "\"shop:Weights\", \"Types\"",
            "\"shop:a${b\", \"Types\"",
            "`shop:a${b` cannot name a condition key",
        ),
        (
            "\"shop:Weights\", \"Types\"",
            "\"shop:${a}${b}\", \"Types\"",
            "`shop:${a}${b}` cannot name a condition",
        ),
    ] {
        let (told, ..) = refusal(from, to);
        assert!(told.starts_with(message), "{told}");
    }
}

#[test]
fn what_is_named_is_defined() {
    let (told, line, column) = refusal("[{\"Name\": \"order\"}", "[{\"Name\": \"basket\"}");
    assert_eq!((told.as_str(), line, column), ("there is no resource type `basket`", 9, 29));
    let (told, line, column) = refusal("[\"shop:Channel\"", "[\"shop:Chanel\"");
    assert_eq!(
        (told.as_str(), line, column),
        ("there is no condition key `shop:Chanel` in `ConditionKeys`", 6, 30)
    );
    let (told, ..) = refusal("\"aws:TagKeys\"", "\"aws:TagKey\"");
    assert_eq!(told, "there is no condition key `aws:TagKey` in `ConditionKeys`");
}

#[test]
fn what_is_of_aws_stays_so() {
    for (from, to, message) in [
        (
            "\"aws:ResourceTag/${TagKey}\", \"Types\": [\"String\"]",
            "\"aws:TagKeys\", \"Types\": [\"String\"]",
            "AWS's `aws:TagKeys` is of type `ArrayOfString`",
        ),
        (
            "{\"Name\": \"shop:Weights\"",
            "{\"Name\": \"s3:Weights\"",
            "`s3:Weights` is no condition key that a service `shop`",
        ),
        ("{\"Name\": \"shop:Weights\"", "{\"Name\": \"aws:Weights\"", "`aws:Weights` is no condition key"),
        ("[\"ArrayOfNumeric\"]", "[\"Long\"]", "there is no type `Long`: write String, Numeric,"),
        ("[\"ArrayOfNumeric\"]", "[\"String\", \"Numeric\"]", "a condition key has one type"),
        ("[\"ArrayOfNumeric\"]", "[]", "a condition key has one type"),
        (
            "arn:${Partition}:shop:::cart/${CartId}",
            "arn:${Partition}:s3:::cart/${CartId}",
            "`arn:${Partition}:s3:::cart",
        ),
    ] {
        let (told, ..) = refusal(from, to);
        assert!(told.starts_with(message), "{told}");
    }
    let taken =
        ServiceDefinition::parse(r#"{"Name": "s3", "Actions": [{"Name": "GetObject"}]}"#).unwrap_err();
    assert_eq!(
        taken.to_string(),
        "line 1, column 10: `s3` is a service of AWS's, which cannot be defined anew"
    );
}

#[test]
fn forms_of_arns_have_six_parts_of_the_service() {
    let good = [
        "arn:aws:shop:::x",
        "arn:${Partition}:shop:${Region}:${Account}:a:b/${C}",
        "arn:aws:shop::123456789012:*",
    ];
    for format in good {
        assert_eq!(names::arn_format(format, "shop"), Ok(()), "{format}");
    }
    for format in [
        "",
        "arn",
        "arn:aws:shop::x",
        "arn::shop:::x",
        "arn:aws:shop:::",
        "arn:aws:shop::me:x",
        "arn:aws:shop:::a b",
        "arn:aws:shop:::${Open",
        "arn:aws:shop:::${}",
        "arn:aws:shop:::${a:b}",
        "urn:aws:shop:::x",
        "arn:aws:shopping:::x",
    ] {
        assert!(names::arn_format(format, "shop").is_err(), "{format}");
    }
}
