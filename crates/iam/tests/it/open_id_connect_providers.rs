//! OpenID Connect providers.

use service::testing::World;

use crate::asking::{all, allow, allow_if, arn, denied, fault, needs_leave, world};

const URL: &str = "https://token.actions.example.com/tenant";
const PRINT: &str = "6938FD4D98BAB03FAADB97B34396831E3780AEA1";

fn provider() -> String {
    arn("oidc-provider/token.actions.example.com/tenant")
}

async fn create(world: &World, url: &str) -> String {
    let made = world.ok(&world.root, "CreateOpenIDConnectProvider", &[("Url", url)]).await;
    made.get("OpenIDConnectProviderArn").to_owned()
}

#[tokio::test]
async fn a_provider_is_shown_as_it_was_made() {
    let world = world().await;
    let parameters = [
        ("Url", URL),
        ("ClientIDList.member.1", "sts.amazonaws.com"),
        ("ClientIDList.member.2", "App"),
        ("ClientIDList.member.3", "App"),
        ("ThumbprintList.member.1", PRINT),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a"),
    ];
    let made = world.ok(&world.root, "CreateOpenIDConnectProvider", &parameters).await;
    assert_eq!(made.get("OpenIDConnectProviderArn"), provider());
    assert_eq!(made.get("Value"), "a");

    let on = [("OpenIDConnectProviderArn", &*provider())];
    let got = world.ok(&world.root, "GetOpenIDConnectProvider", &on).await;
    assert_eq!(got.get("Url"), "token.actions.example.com/tenant");
    assert_eq!(got.get("CreateDate"), "2026-01-01T00:00:00Z");
    assert_eq!(got.get("Key"), "team");
    assert!(got.xml.contains("<member>sts.amazonaws.com</member><member>App</member>"), "{}", got.xml);
    assert_eq!(got.xml.matches("<member>App</member>").count(), 1);
    assert!(got.xml.contains(&PRINT.to_lowercase()), "{}", got.xml);

    create(&world, "https://accounts.example.com").await;
    let list = world.ok(&world.root, "ListOpenIDConnectProviders", &[]).await;
    assert_eq!(all(&list.xml, "Arn"), [arn("oidc-provider/accounts.example.com"), provider()]);
    let summary = world.ok(&world.root, "GetAccountSummary", &[]).await;
    assert!(summary.xml.contains("<key>Providers</key><value>2</value>"), "{}", summary.xml);

    world.ok(&world.root, "DeleteOpenIDConnectProvider", &on).await;
    let missing = format!("OpenIDConnect Provider not found for arn {}", provider());
    for operation in ["GetOpenIDConnectProvider", "DeleteOpenIDConnectProvider"] {
        assert_eq!(world.refused(&world.root, operation, &on).await, fault("NoSuchEntity", &missing));
    }
}

#[tokio::test]
async fn a_url_is_taken_once() {
    let world = world().await;
    create(&world, URL).await;
    let refused = world.refused(&world.root, "CreateOpenIDConnectProvider", &[("Url", URL)]).await;
    assert_eq!(refused, fault("EntityAlreadyExists", &format!("Provider with url {URL} already exists.")));
    create(&world, &format!("{URL}/")).await;
}

#[tokio::test]
async fn only_https_hosts_with_paths_are_urls_of_providers() {
    let world = world().await;
    let create = "CreateOpenIDConnectProvider";
    let no_url = fault("ValidationError", "Invalid Open ID Connect Provider URL");
    for url in ["idp.example.com", "https://", "https:///x"] {
        assert_eq!(world.refused(&world.root, create, &[("Url", url)]).await, no_url, "{url}");
    }
    let plain = "Invalid Open ID Connect Provider URL. The URL must begin with https://.";
    let refused = world.refused(&world.root, create, &[("Url", "http://idp.example.com")]).await;
    assert_eq!(refused, fault("InvalidInput", plain));
    let invalid = fault("InvalidInput", "Invalid Open ID Connect Provider URL.");
    for url in [
        "https://idp.example.com:8443",
        "https://user@idp.example.com",
        "https://idp.example.com?a=b",
        "https://idp.example.com/x?a=b",
        "https://idp.example.com/x#y",
        "https://idp..example.com",
        "https://-idp.example.com",
        "https://idp.example.com/ x",
    ] {
        assert_eq!(world.refused(&world.root, create, &[("Url", url)]).await, invalid, "{url}");
    }
}

#[tokio::test]
async fn audiences_are_added_and_removed_up_to_their_quota() {
    let world = world().await;
    let arn = create(&world, URL).await;
    let (add, remove) = ("AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider");
    for n in 0..100 {
        let id = format!("client-{n}");
        world.ok(&world.root, add, &[("OpenIDConnectProviderArn", &arn), ("ClientID", &id)]).await;
    }
    let again = [("OpenIDConnectProviderArn", &*arn), ("ClientID", "client-7")];
    world.ok(&world.root, add, &again).await;
    let one_more = [("OpenIDConnectProviderArn", &*arn), ("ClientID", "client-100")];
    let full = fault("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100");
    assert_eq!(world.refused(&world.root, add, &one_more).await, full);
    for _ in 0..2 {
        world.ok(&world.root, remove, &again).await;
    }
    world.ok(&world.root, add, &one_more).await;
    let got = world.ok(&world.root, "GetOpenIDConnectProvider", &[("OpenIDConnectProviderArn", &arn)]).await;
    assert!(!got.xml.contains("<member>client-7<") && got.xml.contains("<member>client-100<"));
}

#[tokio::test]
async fn thumbprints_are_forty_characters_and_five_at_most() {
    let world = world().await;
    let arn = create(&world, URL).await;
    let update = "UpdateOpenIDConnectProviderThumbprint";
    let names: Vec<String> = (1..=6).map(|n| format!("ThumbprintList.member.{n}")).collect();
    let prints: Vec<String> = (1..=6).map(|n| format!("{n:040}")).collect();
    let of = |count: usize| {
        let pairs = names.iter().zip(&prints).take(count);
        std::iter::once(("OpenIDConnectProviderArn", &*arn))
            .chain(pairs.map(|(name, print)| (&**name, &**print)))
            .collect::<Vec<_>>()
    };
    world.ok(&world.root, update, &of(5)).await;
    let many = fault("InvalidInput", "Thumbprint list must contain fewer than 5 entries.");
    assert_eq!(world.refused(&world.root, update, &of(6)).await, many);
    let got = world.ok(&world.root, "GetOpenIDConnectProvider", &[("OpenIDConnectProviderArn", &arn)]).await;
    assert_eq!(got.xml.matches("<member>0000").count(), 5);
    // No certificate has such a thumbprint, but AWS does not look.
    let odd = [("OpenIDConnectProviderArn", &*arn), ("ThumbprintList.member.1", &*"G".repeat(40))];
    world.ok(&world.root, update, &odd).await;
    let got = world.ok(&world.root, "GetOpenIDConnectProvider", &odd[..1]).await;
    assert!(got.xml.contains(&format!("<member>{}</member>", "g".repeat(40))), "{}", got.xml);
}

#[tokio::test]
async fn an_account_has_a_hundred_providers() {
    let world = world().await;
    for n in 0..100 {
        create(&world, &format!("https://idp-{n}.example.com")).await;
    }
    let refused =
        world.refused(&world.root, "CreateOpenIDConnectProvider", &[("Url", "https://x.example.com")]).await;
    assert_eq!(
        refused,
        fault("LimitExceeded", "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100")
    );
}

#[tokio::test]
async fn tags_are_added_listed_and_removed() {
    let world = world().await;
    let arn = create(&world, URL).await;
    let on = ("OpenIDConnectProviderArn", &*arn);
    let two = [
        on,
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "1"),
        ("Tags.member.2.Key", "b"),
        ("Tags.member.2.Value", "2"),
    ];
    world.ok(&world.root, "TagOpenIDConnectProvider", &two).await;
    let first = world.ok(&world.root, "ListOpenIDConnectProviderTags", &[on, ("MaxItems", "1")]).await;
    assert_eq!((first.get("Key"), first.get("IsTruncated")), ("a", "true"));
    let rest = [on, ("Marker", first.get("Marker"))];
    let second = world.ok(&world.root, "ListOpenIDConnectProviderTags", &rest).await;
    assert_eq!((second.get("Key"), second.get("IsTruncated")), ("b", "false"));
    world.ok(&world.root, "UntagOpenIDConnectProvider", &[on, ("TagKeys.member.1", "a")]).await;
    let left = world.ok(&world.root, "ListOpenIDConnectProviderTags", &[on]).await;
    assert_eq!(all(&left.xml, "Key"), ["b"]);
}

#[tokio::test]
async fn what_is_no_arn_of_a_provider_is_not_valid() {
    let world = world().await;
    let text = "x".repeat(20);
    for (arn, message) in [
        ("arn:aws:iam::123456789012:saml-provider/x", "Invalid resource type in ARN"),
        ("arn:aws:iam::123456789012:oidc-provider", "Invalid resource type in ARN"),
        ("arn:aws:iam::123456789012:oidc-provider/", "Invalid ARN"),
        ("arn:aws:sts::123456789012:oidc-provider/idp.example.com", "Invalid service in ARN"),
        ("arn:aws-cn:iam::123456789012:oidc-provider/idp.example.com", "Invalid ARN partition"),
        (
            "arn:aws:iam::12:oidc-provider/idp.example.com",
            "Invalid ARN: arn:aws:iam::12:oidc-provider/idp.example.com",
        ),
        (&text, &format!("Invalid ARN: {text}")),
    ] {
        let refused = world
            .refused(&world.root, "GetOpenIDConnectProvider", &[("OpenIDConnectProviderArn", arn)])
            .await;
        assert_eq!(refused, fault("ValidationError", message));
    }
    let elsewhere = "arn:aws:iam::210987654321:oidc-provider/idp.example.com";
    let refused = world
        .refused(&world.root, "GetOpenIDConnectProvider", &[("OpenIDConnectProviderArn", elsewhere)])
        .await;
    assert_eq!(refused.0, "AccessDenied");
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_provider() {
    let world = world().await;
    let mine = create(&world, "https://p.example.com").await;
    let other = create(&world, "https://q.example.com").await;
    for (operation, more) in [
        ("GetOpenIDConnectProvider", vec![]),
        ("ListOpenIDConnectProviderTags", vec![]),
        ("AddClientIDToOpenIDConnectProvider", vec![("ClientID", "c")]),
        ("RemoveClientIDFromOpenIDConnectProvider", vec![("ClientID", "c")]),
        ("UpdateOpenIDConnectProviderThumbprint", vec![("ThumbprintList.member.1", PRINT)]),
        ("TagOpenIDConnectProvider", vec![("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        ("UntagOpenIDConnectProvider", vec![("TagKeys.member.1", "k")]),
        ("DeleteOpenIDConnectProvider", vec![]),
    ] {
        let with = |arn| [vec![("OpenIDConnectProviderArn", arn)], more.clone()].concat();
        let action = format!("iam:{operation}");
        needs_leave(&world, &action, (&mine, &with(&*mine)), (&other, &with(&*other))).await;
    }
    let (url, next) = ([("Url", "https://p.example.com")], [("Url", "https://r.example.com")]);
    let third = arn("oidc-provider/r.example.com");
    needs_leave(&world, "iam:CreateOpenIDConnectProvider", (&mine, &url), (&third, &next)).await;
    let nobody = world.user("lists", "").await;
    let refused = world.refused(&nobody, "ListOpenIDConnectProviders", &[]).await;
    let list = arn("oidc-provider/");
    assert_eq!(refused, denied("lists", "iam:ListOpenIDConnectProviders", &list));
    let somebody = world.user("may-list", &allow("iam:ListOpenIDConnectProviders", "*")).await;
    world.ok(&somebody, "ListOpenIDConnectProviders", &[]).await;
}

#[tokio::test]
async fn tags_decide_and_tagging_at_creation_needs_leave_of_its_own() {
    let world = world().await;
    let tagged = [("Url", URL), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    let creator = world.user("creator", &allow("iam:CreateOpenIDConnectProvider", "*")).await;
    let refused = world.refused(&creator, "CreateOpenIDConnectProvider", &tagged).await;
    assert_eq!(refused, denied("creator", "iam:TagOpenIDConnectProvider", &provider()));
    world.ok(&world.root, "CreateOpenIDConnectProvider", &tagged).await;
    let on = [("OpenIDConnectProviderArn", &*provider())];
    for (name, team, is_let) in [("with", "a", true), ("without", "b", false)] {
        let condition = format!(r#"{{"StringEquals":{{"aws:ResourceTag/team":"{team}"}}}}"#);
        let who = world.user(name, &allow_if("iam:GetOpenIDConnectProvider", "*", &condition)).await;
        assert_eq!(world.call(&who, "GetOpenIDConnectProvider", &on).await.is_ok(), is_let);
    }
}
