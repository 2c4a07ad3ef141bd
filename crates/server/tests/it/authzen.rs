//! The decision API.

use serde_json::{Value, json};

use super::client::{Call, Reply, exchange};
use super::world::{ALICE_KEY, BOB_KEY, World, credentials};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

fn question(subject: &str, action: &str, context: Value) -> Value {
    json!({
        "subject": { "type": "user", "id": subject },
        "action": { "name": action },
        "resource": { "type": "object", "id": "arn:aws:s3:::pictures/cat" },
        "context": context,
    })
}

async fn ask(world: &World, key: &str, path: &str, body: &Value) -> Reply {
    Call::authzen(path, body.to_string())
        .with_header("x-request-id", "mine")
        .signed(&credentials(key))
        .send(world.address)
        .await
}

async fn one(world: &World, key: &str, body: &Value) -> Reply {
    ask(world, key, "/access/v1/evaluation", body).await
}

#[tokio::test]
async fn a_question_gets_a_decision_with_its_reasons() {
    let world = World::start().await;
    let reply = one(&world, BOB_KEY, &question(ALICE, "s3:GetObject", json!({}))).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("x-request-id"), Some("mine"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let answer = reply.json();
    assert_eq!(answer["decision"], true);
    assert_eq!(answer["context"]["statements"][0]["sid"], "Read");
    assert_eq!(answer["context"]["statements"][0]["line"], 2);

    let answer = one(&world, BOB_KEY, &question(ALICE, "s3:DeleteObject", json!({}))).await.json();
    assert_eq!(answer["decision"], false);
    assert_eq!(answer["context"]["outcome"], "explicitDeny");
    assert_eq!(answer["context"]["reason"], "with an explicit deny in an identity-based policy");

    let answer = one(&world, BOB_KEY, &question(ALICE, "myapp:Approve", json!({}))).await.json();
    assert_eq!(answer["context"]["outcome"], "implicitDeny");
}

#[tokio::test]
async fn a_pattern_is_no_action_to_ask_about() {
    let world = World::start().await;
    for action in ["s3:*", "s3:Get?bject", "s3:GetObject ", "s3"] {
        let reply = one(&world, BOB_KEY, &question(ALICE, action, json!({}))).await;
        assert_eq!(reply.status, 400, "{action}: {}", reply.body);
    }
}

#[tokio::test]
async fn context_keys_count_only_from_who_may_supply_them() {
    let world = World::start().await;
    let inside = question(ALICE, "s3:PutObject", json!({ "aws:SourceIp": "10.1.2.3" }));
    assert_eq!(one(&world, BOB_KEY, &inside).await.json()["decision"], true);
    let outside = question(ALICE, "s3:PutObject", json!({ "aws:SourceIp": "192.0.2.1" }));
    assert_eq!(one(&world, BOB_KEY, &outside).await.json()["decision"], false);
    let other = question(ALICE, "s3:PutObject", json!({ "aws:Referer": "x" }));
    let reply = one(&world, BOB_KEY, &other).await;
    assert_eq!((reply.status, reply.json()["__type"].as_str()), (403, Some("AccessDenied")));
    let own = question(ALICE, "s3:PutObject", json!({ "aws:PrincipalTag/team": "x" }));
    assert_eq!(one(&world, BOB_KEY, &own).await.status, 400);
}

#[tokio::test]
async fn asking_needs_leave_and_a_signature() {
    let world = World::start().await;
    let body = question(ALICE, "s3:GetObject", json!({}));
    let reply = one(&world, ALICE_KEY, &body).await;
    assert_eq!(reply.status, 403);
    let message = reply.json()["message"].as_str().unwrap().to_owned();
    assert_eq!(
        message,
        "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: portcullis:Evaluate on resource: \
         arn:aws:iam::111122223333:user/alice because no identity-based policy allows the portcullis:Evaluate action"
    );
    let elsewhere = question("arn:aws:iam::111122223333:user/carol", "s3:GetObject", json!({}));
    assert_eq!(one(&world, BOB_KEY, &elsewhere).await.status, 403);
    let unsigned = Call::authzen("/access/v1/evaluation", body.to_string()).send(world.address).await;
    assert_eq!(unsigned.status, 403);
    assert_eq!(unsigned.json()["__type"], "MissingAuthenticationTokenException");
    let wrong = Call { service: "sts", ..Call::authzen("/access/v1/evaluation", body.to_string()) };
    let wrong = wrong.signed(&credentials(BOB_KEY)).send(world.address).await;
    assert_eq!(wrong.json()["message"], "Credential should be scoped to correct service: 'portcullis'. ");
}

#[tokio::test]
async fn a_bare_session_or_role_arn_is_an_error() {
    let world = World::start().await;
    for subject in [
        "arn:aws:sts::111122223333:assumed-role/deploy/ci",
        "arn:aws:iam::111122223333:role/deploy",
        "arn:aws:iam::111122223333:group/staff",
        "arn:aws:s3:::pictures",
        "alice",
        "",
    ] {
        let reply = one(&world, BOB_KEY, &question(subject, "s3:GetObject", json!({}))).await;
        assert_eq!(
            (reply.status, reply.json()["__type"].as_str()),
            (400, Some("ValidationException")),
            "{subject}"
        );
    }
}

#[tokio::test]
async fn a_session_is_decided_with_its_session_policies() {
    let world = World::start().await;
    let session = world.session(60);
    let mut body = question(ALICE, "s3:GetObject", json!({}));
    body["subject"]["properties"] =
        json!({ "access_key_id": session.access_key_id, "session_token": session.session_token });
    let answer = one(&world, BOB_KEY, &body).await.json();
    assert_eq!(answer["decision"], false);
    assert_eq!(answer["context"]["reason"], "because no session policy allows the s3:GetObject action");
    body["subject"]["properties"] = json!({ "session_token": session.session_token });
    assert_eq!(one(&world, BOB_KEY, &body).await.status, 400);
    let over = world.session(0);
    body["subject"]["properties"] =
        json!({ "access_key_id": over.access_key_id, "session_token": over.session_token });
    let answer = one(&world, BOB_KEY, &body).await.json();
    assert_eq!(answer["context"]["reason"], "there is no such subject, or its session is not valid");
}

#[tokio::test]
async fn a_batch_answers_in_order_and_stops_where_asked() {
    let world = World::start().await;
    let mut body = question(ALICE, "s3:GetObject", json!({}));
    body["evaluations"] = json!([
        {},
        { "action": { "name": "s3:DeleteObject" } },
        { "subject": { "type": "user", "id": "nonsense" } },
        { "action": { "name": "s3:GetObject" } },
    ]);
    let answer = ask(&world, BOB_KEY, "/access/v1/evaluations", &body).await.json();
    let each = answer["evaluations"].as_array().unwrap();
    let decisions: Vec<_> = each.iter().map(|one| one["decision"].as_bool().unwrap()).collect();
    assert_eq!(decisions, [true, false, false, true]);
    assert_eq!(each[2]["context"]["error"]["status"], 400);
    for (semantic, count) in [("deny_on_first_deny", 2), ("permit_on_first_permit", 1), ("execute_all", 4)] {
        body["options"] = json!({ "evaluations_semantic": semantic });
        let answer = ask(&world, BOB_KEY, "/access/v1/evaluations", &body).await.json();
        assert_eq!(answer["evaluations"].as_array().unwrap().len(), count, "{semantic}");
    }
    body["evaluations"][3]["subject"] =
        json!({ "type": "user", "id": "arn:aws:iam::111122223333:user/carol" });
    assert_eq!(ask(&world, BOB_KEY, "/access/v1/evaluations", &body).await.status, 403);
}

#[tokio::test]
async fn questions_are_recorded_and_tokens_are_not() {
    let world = World::start().await;
    let mut body = question(ALICE, "s3:GetObject", json!({}));
    body["subject"]["properties"] =
        json!({ "access_key_id": "ASIAASIAASIAASIAASIA", "session_token": "hush-hush" });
    let reply = one(&world, BOB_KEY, &body).await;
    assert_eq!(reply.json()["decision"], false);
    let event = world.events.last();
    assert_eq!(event["eventName"], "AccessEvaluation");
    assert_eq!(
        event["requestParameters"]["questions"][0],
        format!("{ALICE} s3:GetObject arn:aws:s3:::pictures/cat")
    );
    assert!(!event.to_string().contains("hush"));
}

#[tokio::test]
async fn malformed_bodies_are_refused() {
    let world = World::start().await;
    let deep = "[".repeat(200_000);
    for body in ["", "{", "[]", "{}", "\u{0}", "{\"subject\":1}", deep.as_str()] {
        let call = Call::authzen("/access/v1/evaluation", body).signed(&credentials(BOB_KEY));
        let reply = call.send(world.address).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
    }
    let call = Call::authzen("/access/v1/evaluation", vec![0xff]).signed(&credentials(BOB_KEY));
    assert_eq!(call.send(world.address).await.status, 400);
    let get = Call { method: "GET", ..Call::authzen("/access/v1/evaluation", "") };
    assert_eq!(get.signed(&credentials(BOB_KEY)).send(world.address).await.status, 404);
}

#[tokio::test]
async fn the_decision_point_describes_itself() {
    let world = World::start().await;
    let get = b"GET /.well-known/authzen-configuration HTTP/1.1\r\nhost: pdp.example:7070\r\n\r\n";
    let answer = exchange(world.address, get).await.unwrap().json();
    assert_eq!(answer["policy_decision_point"], "http://pdp.example:7070");
    assert_eq!(answer["access_evaluation_endpoint"], "http://pdp.example:7070/access/v1/evaluation");
    assert_eq!(answer["access_evaluations_endpoint"], "http://pdp.example:7070/access/v1/evaluations");
}
