//! Finding the operation.

use super::client::{Call, exchange};
use super::world::{ROOT_KEY, World, credentials};

#[tokio::test]
async fn an_operation_that_there_is_not_is_named() {
    let world = World::start().await;
    let cases = [
        (
            "Action=NoSuch&Version=2011-06-15",
            "InvalidAction",
            "Could not find operation NoSuch for version 2011-06-15",
        ),
        (
            "Action=GetCallerIdentity",
            "InvalidAction",
            "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED",
        ),
        (
            "Action=GetCallerIdentity&Version=1999-01-01",
            "InvalidAction",
            "Could not find operation GetCallerIdentity for version 1999-01-01",
        ),
        (
            "Action=CreateUser&Version=2011-06-15",
            "InvalidAction",
            "Could not find operation CreateUser for version 2011-06-15",
        ),
        ("Version=2011-06-15", "MissingAction", "The request must contain the parameter Action"),
        ("", "MissingAction", "The request must contain the parameter Action"),
    ];
    for (body, code, message) in cases {
        for reply in [
            Call::sts(body).send(world.address).await,
            Call::sts(body).signed(&credentials(ROOT_KEY)).send(world.address).await,
        ] {
            assert_eq!(reply.expect_error(400, code), message, "{body}");
        }
    }
}

#[tokio::test]
async fn an_operation_that_is_not_yet_answered_is_refused_after_authentication() {
    let world = World::start().await;
    let call = Call::sts("Action=GetSessionToken&Version=2011-06-15");
    call.send(world.address).await.expect_error(403, "MissingAuthenticationToken");
    let reply = call.signed(&credentials(ROOT_KEY)).send(world.address).await;
    reply.expect_error(400, "InvalidAction");
}

#[tokio::test]
async fn the_error_speaks_with_the_voice_of_its_service() {
    let world = World::start().await;
    let iam = Call::iam("Action=GetUser&Version=2010-05-08").send(world.address).await;
    assert!(iam.body.contains("xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\""), "{}", iam.body);
    let unknown = Call::iam("Action=What&Version=2000-01-01").send(world.address).await;
    assert!(unknown.body.contains("http://webservices.amazon.com/AWSFault/2005-15-09"), "{}", unknown.body);
}

#[tokio::test]
async fn what_needs_a_region_is_not_at_the_endpoint_without_one() {
    let world = World::start().await;
    for operation in ["GetWebIdentityToken", "AssumeRoot"] {
        let at = async |host| {
            let call = Call::sts(format!("Action={operation}&Version=2011-06-15"));
            call.with_header("host", host).send(world.address).await
        };
        for host in ["sts.amazonaws.com", "STS.amazonaws.com:443"] {
            let message = format!("Could not find operation {operation} for version 2011-06-15");
            assert_eq!(at(host).await.expect_error(400, "InvalidAction"), message);
        }
        for host in ["sts.eu-central-1.amazonaws.com", "localhost"] {
            at(host).await.expect_error(403, "MissingAuthenticationToken");
        }
    }
}

#[tokio::test]
async fn who_accepts_json_is_refused_in_json() {
    let world = World::start().await;
    let call =
        Call::sts("Action=GetCallerIdentity&Version=2011-06-15").with_header("accept", "application/json");
    let reply = call.send(world.address).await;
    assert_eq!((reply.status, reply.header("content-type")), (403, Some("application/json")));
    let answer = reply.json();
    assert_eq!(answer["Error"]["Code"], "MissingAuthenticationToken");
    assert_eq!(answer["RequestId"], reply.header("x-amzn-requestid").unwrap());
}

#[tokio::test]
async fn the_host_decides_before_the_version() {
    let world = World::start().await;
    let call =
        Call::sts("Action=GetCallerIdentity&Version=2011-06-15").with_header("host", "iam.amazonaws.com");
    let reply = call.send(world.address).await;
    assert_eq!(
        reply.expect_error(400, "InvalidAction"),
        "Could not find operation GetCallerIdentity for version 2011-06-15"
    );
}

#[tokio::test]
async fn parameters_may_stand_in_query_and_body() {
    let world = World::start().await;
    let call = Call { query: "Action=GetCallerIdentity".into(), ..Call::sts("Version=2011-06-15") };
    let reply = call.signed(&credentials(ROOT_KEY)).send(world.address).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn other_methods_and_paths_are_refused() {
    let world = World::start().await;
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let call = Call { method, ..Call::who() };
        call.signed(&credentials(ROOT_KEY)).send(world.address).await.expect_error(405, "MethodNotAllowed");
    }
    let call = Call { path: "/nowhere".into(), ..Call::who() };
    call.signed(&credentials(ROOT_KEY))
        .send(world.address)
        .await
        .expect_error(404, "UnknownOperationException");
}

#[tokio::test]
async fn health_and_readiness_are_told_without_a_signature() {
    let world = World::start().await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes();
    assert_eq!(exchange(world.address, &get("/healthz")).await.unwrap().status, 200);
    assert_eq!(exchange(world.address, &get("/readyz")).await.unwrap().status, 200);
    world.app.set_ready(false);
    assert_eq!(exchange(world.address, &get("/readyz")).await.unwrap().status, 503);
    assert_eq!(exchange(world.address, &get("/healthz")).await.unwrap().status, 200);
}

#[tokio::test]
async fn metrics_count_what_happens() {
    let world = World::start().await;
    world.check().await;
    Call::who().send(world.address).await;
    let text = world.metrics.render();
    assert!(text.contains("portcullis_requests_total{service=\"sts\",operation=\"GetCallerIdentity\",outcome=\"success\"} 1\n"), "{text}");
    assert!(text.contains("portcullis_requests_total{service=\"sts\",operation=\"GetCallerIdentity\",outcome=\"client_error\"} 1\n"), "{text}");
    assert!(
        text.contains("portcullis_authentication_failures_total{code=\"MissingAuthenticationToken\"} 1\n"),
        "{text}"
    );
}
