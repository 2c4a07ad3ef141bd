//! Random policies and requests that collide, and the comparison of the two evaluators.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::{
    Action, AssumedRole, Bundle, Context, Credentials, Decision, Effect, Explanation, Federated,
    FederatedUser, Keys, Layer, LayerResult, Named, Outcome, Policy, PolicySet, Prepared, Principal,
    Question, RawContext, Request, Root, Service, Snapshot, SourceKind, User, Values, evaluate, explain,
};
use serde_json::{Map, Value, json};
use types::{AccountId, Arn, Owner, Partition, UniqueId};

use crate::oracle::{Answer, Ask, End, Held, LAYERS, Verdict, Who, World, decide, hits};
use crate::pools::*;

const ASKS: u64 = 16;

#[test]
fn the_engine_agrees_with_the_oracle() {
    // A longer run, such as the bench command's, asks for more.
    let sets =
        std::env::var("POLICY_ORACLE_SETS").ok().and_then(|text| text.parse().ok()).unwrap_or(6_250u64);
    let half = |first: u64| move || run((first..sets).step_by(2));
    let (even, odd) = (std::thread::spawn(half(0)), std::thread::spawn(half(1)));
    let (mut ends, mut rules) = even.join().unwrap();
    let (more_ends, more_rules) = odd.join().unwrap();
    for (end, count) in more_ends {
        *ends.entry(end).or_default() += count;
    }
    for (rule, count) in more_rules {
        *rules.entry(rule).or_default() += count;
    }
    let total = sets * ASKS;
    println!("{total} cases: {ends:?}");
    for (rule, count) in &rules {
        println!("{rule:>14} {count}");
    }
    for end in [End::Allowed, End::Explicit, End::Implicit] {
        assert!(ends[&end] * 5 >= total, "{ends:?}");
    }
    for rule in MUST_HIT {
        assert!(rules.get(rule).is_some_and(|count| *count >= 20), "{rule} is hardly ever met");
    }
}

type Counts<K> = BTreeMap<K, u64>;

/// Compares over some seeds: how the cases end, and how often each rule was met.
fn run(seeds: impl Iterator<Item = u64>) -> (Counts<End>, Counts<&'static str>) {
    let mut ends = Counts::new();
    for seed in seeds {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678);
        let world = random.world();
        let set = prepare(&world);
        for _ in 0..ASKS {
            let ask = random.ask();
            let expected = decide(&world, &ask);
            *ends.entry(expected.end).or_default() += 1;
            let found = answer(&set, &ask);
            assert_eq!(found, expected, "seed {seed}\n{ask:#?}\n{}", show(&world));
        }
        check_explanation(&set, &question(&random.ask()));
    }
    (ends, hits())
}

/// What the random cases must come by.
const MUST_HIT: [&str; 53] = [
    "2.1",
    "2.2",
    "2.3",
    "2.4",
    "2.5",
    "2.6 direct",
    "2.6 entity",
    "2.7",
    "2.8",
    "2.8 not",
    "2.11",
    "2.12",
    "2.13",
    "3.1",
    "3.2",
    "3.3",
    "3.5",
    "3.6",
    "4.1",
    "4.2",
    "4.3",
    "5.1a",
    "5.1b",
    "5.1d",
    "5.2a",
    "5.2g",
    "5.2h",
    "5.2i",
    "5.2j",
    "5.2k",
    "5.3a",
    "5.3c",
    "5.3d",
    "5.3e",
    "5.3f",
    "5.3g",
    "5.3i",
    "5.3j",
    "5.3k",
    "6.1a",
    "6.2",
    "6.3a all",
    "6.3a any",
    "6.3b",
    "6.3d",
    "6.5",
    "6.7b",
    "6.7c",
    "6.13b",
    "6.13e",
    "7.1",
    "7.7",
    "7.11a",
];

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[(self.next() % items.len() as u64) as usize].clone()
    }

    /// One to three of them, as a scalar or a list.
    fn some(&mut self, items: &[&str]) -> Value {
        match self.next() % 4 {
            0 | 1 => json!(self.pick(items)),
            2 => json!([self.pick(items), self.pick(items)]),
            _ => json!([self.pick(items), self.pick(items), self.pick(items)]),
        }
    }

    fn world(&mut self) -> World {
        let set = |this: &mut Self, chance, layer, wide| {
            this.percent(chance).then(|| {
                let count = this.next() % 2 + u64::from(this.percent(90));
                let mut policies: Vec<Value> = (0..count).map(|_| this.policy(layer)).collect();
                if this.percent(wide) {
                    policies.push(all_of(layer));
                }
                policies
            })
        };
        let levels = |this: &mut Self, layer| {
            this.percent(25).then(|| {
                let count = 1 + this.next() % 3;
                (0..count)
                    .map(|_| {
                        let mut level: Vec<Value> =
                            if this.percent(30) { vec![this.policy(layer)] } else { vec![] };
                        if this.percent(88) {
                            level.push(all_of(layer));
                        }
                        level
                    })
                    .collect()
            })
        };
        World {
            identity: set(self, 95, "identity", 65),
            boundary: set(self, 18, "boundary", 75),
            session: set(self, 35, "session", 80),
            resource: set(self, 60, "resource", 0),
            endpoint: set(self, 12, "endpoint", 80),
            scp: levels(self, "scp"),
            rcp: levels(self, "rcp"),
        }
    }

    fn policy(&mut self, layer: &str) -> Value {
        let count = 1 + self.next() % 3;
        let statements: Vec<Value> = (0..count).map(|_| self.statement(layer)).collect();
        match self.next() % 10 {
            0 => json!({"Statement": statements}),
            1 => json!({"Version": "2008-10-17", "Statement": statements}),
            _ => json!({"Version": "2012-10-17", "Statement": statements}),
        }
    }

    fn statement(&mut self, layer: &str) -> Value {
        let mut statement = Map::new();
        let deny = self.percent(35);
        statement.insert("Effect".into(), json!(if deny { "Deny" } else { "Allow" }));
        let actions = if self.percent(12) { "NotAction" } else { "Action" };
        let patterns = if self.percent(35) { json!("*") } else { self.some(&ACTION_PATTERNS) };
        statement.insert(actions.into(), patterns);
        let omit = if layer == "resource" { 50 } else { 2 };
        if !self.percent(omit) {
            let resources = if self.percent(12) { "NotResource" } else { "Resource" };
            let patterns = if self.percent(50) { json!("*") } else { self.some(&RESOURCE_PATTERNS) };
            statement.insert(resources.into(), patterns);
        }
        let with_principal = ["resource", "endpoint", "rcp"].contains(&layer);
        if with_principal && self.percent(95) || self.percent(1) {
            let element = if self.percent(15) { "NotPrincipal" } else { "Principal" };
            let principals = self.principals();
            statement.insert(element.into(), principals);
        }
        if self.percent(if deny { 40 } else { 25 }) {
            statement.insert("Condition".into(), self.condition());
        }
        Value::Object(statement)
    }

    fn principals(&mut self) -> Value {
        match self.next() % 8 {
            0 => json!("*"),
            1 => json!({"Service": self.some(&SERVICES)}),
            2 => json!({"Federated": self.some(&PROVIDERS), "AWS": self.some(&PRINCIPALS)}),
            3 => json!({"AWS": [SESSION, ROLE, "arn:aws:iam::111111111111:root"]}),
            _ => json!({"AWS": self.some(&PRINCIPALS)}),
        }
    }

    fn condition(&mut self) -> Value {
        let mut block = Map::new();
        for _ in 0..1 + self.next() % 2 {
            let (operators, key, values) = self.pick(&FAMILIES);
            let qualifier = self.pick(&["", "", "ForAllValues:", "ForAnyValue:"]);
            let suffix = if self.percent(20) && operators[0] != "Null" { "IfExists" } else { "" };
            let key =
                if self.percent(15) { self.pick(&["k:none", "K:Empty", "k:list", "k:blank"]) } else { key };
            let key = if self.percent(30) { key.to_uppercase() } else { key.to_owned() };
            let operator = format!("{qualifier}{}{suffix}", self.pick(operators));
            let values = if self.percent(3) { json!([]) } else { self.some(values) };
            block.insert(operator, json!({key: values}));
        }
        Value::Object(block)
    }

    fn ask(&mut self) -> Ask {
        let who = self.who();
        let (action, resources) = self.pick(&ASKS_OF);
        let own = self.percent(82);
        Ask {
            who,
            action: action.into(),
            resource: self.pick(resources).into(),
            resource_account: if own { "111111111111" } else { "222222222222" }.into(),
            management: self.percent(15).then(|| self.pick(&["111111111111", "222222222222"]).into()),
            context: self.context(),
        }
    }

    fn who(&mut self) -> Who {
        match self.next() % 20 {
            0 => Who::Root { account: "111111111111".into() },
            1 => Who::Anonymous,
            2 => Who::Service(self.pick(&SERVICES).into()),
            3 => Who::Federated(self.pick(&PROVIDERS).into()),
            4 | 5 => Who::FederatedUser { arn: FEDERATED.into(), issuer: USER.into() },
            6 => Who::Role {
                role: "arn:aws:iam::111111111111:role/aws-service-role/x/AWSServiceRoleForX".into(),
                session: "arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForX/x".into(),
                id: "AROALINKEDLINKEDLINKE".into(),
            },
            7..=11 => {
                Who::Role { role: ROLE.into(), session: SESSION.into(), id: "AROADEPLOYDEPLOYDEPLO".into() }
            }
            12 => Who::User { arn: USER.into(), id: "AIDAALICEALICEALICEAL".into(), session_token: true },
            _ => Who::User { arn: USER.into(), id: "AIDAALICEALICEALICEAL".into(), session_token: false },
        }
    }

    fn context(&mut self) -> Vec<(String, Held)> {
        let mut context = Vec::new();
        let one = |this: &mut Self, values: &[&str]| Held::One(this.pick(values).into());
        for (_, key, values) in FAMILIES {
            if self.percent(70) {
                let value = one(self, values);
                context.push((key.to_owned(), value));
            }
        }
        if self.percent(60) {
            context.push(("aws:username".into(), one(self, &["alice", "bob", "a*"])));
        }
        if self.percent(60) {
            let count = self.next() % 3;
            context.push((
                "K:List".into(),
                Held::Many((0..count).map(|_| self.pick(&["alice", "bob", "", "a*"]).into()).collect()),
            ));
        }
        context.push(("k:empty".into(), Held::Many(vec![])));
        context.push(("k:blank".into(), Held::One(String::new())));
        if self.percent(20) {
            context.push(("aws:MultiFactorAuthPresent".into(), one(self, &["true", "false"])));
        }
        context
    }
}

fn all_of(layer: &str) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    if ["endpoint", "rcp"].contains(&layer) {
        statement["Principal"] = json!("*");
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn prepare(world: &World) -> PolicySet {
    let named = |value: &Value| {
        let text = value.to_string();
        let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        Named::new(SourceKind::Input, "p", Arc::new(policy))
    };
    let bundle = |policies: &Vec<Value>| Bundle::new(policies.iter().map(named).collect());
    let levels = |levels: &Vec<Vec<Value>>| levels.iter().map(bundle).collect();
    PolicySet {
        identity: world.identity.as_ref().map(bundle),
        boundary: world.boundary.as_ref().map(bundle),
        session: world.session.as_ref().map(bundle),
        resource: world.resource.as_ref().map(bundle),
        endpoint: world.endpoint.as_ref().map(bundle),
        service_control: world.scp.as_ref().map(levels),
        resource_control: world.rcp.as_ref().map(levels),
    }
}

fn principal(who: &Who) -> Principal {
    let arn = |text: &str| Arn::parse(text).unwrap();
    match who {
        Who::Root { account } => {
            Principal::Root(Root::new(Owner::new(Partition::Aws, AccountId::parse(account).unwrap())))
        }
        Who::User { arn: user, id, session_token } => {
            let user = User::new(arn(user)).unwrap().with_id(UniqueId::parse(id).unwrap());
            let credentials = if *session_token { Credentials::Session } else { Credentials::LongTerm };
            Principal::User(user.with_credentials(credentials))
        }
        Who::Role { role, session, id } => {
            let session = AssumedRole::of_session(arn(session)).unwrap();
            Principal::AssumedRole(
                session.with_role(arn(role)).unwrap().with_id(UniqueId::parse(id).unwrap()),
            )
        }
        Who::FederatedUser { arn: user, issuer } => {
            Principal::FederatedUser(FederatedUser::new(arn(user)).unwrap().with_issuer(arn(issuer)))
        }
        Who::Federated(provider) => Principal::Federated(Federated::new(provider)),
        Who::Service(name) => Principal::Service(Service::new(name)),
        Who::Anonymous => Principal::Anonymous,
    }
}

/// An explanation lists what the decision says, layer by layer.
fn check_explanation(set: &PolicySet, request: &Request) {
    let explanation = explain(set, request);
    let decision = evaluate(set, request);
    assert_eq!(explanation.decision, decision);
    let blocked: Vec<&str> = decision.blocked_by().map(Layer::name).collect();
    assert_eq!(explanation.blocked_by, blocked);
    for layer in Layer::ALL {
        let Some(report) = explanation.layers.iter().find(|report| report.layer == layer.name()) else {
            assert_eq!(decision.layer(layer), LayerResult::NotApplicable);
            continue;
        };
        let has = |effect| report.matched.iter().any(|statement| statement.effect == effect);
        match decision.layer(layer) {
            LayerResult::Deny => assert!(has("Deny"), "{explanation}"),
            LayerResult::Allow => assert!(has("Allow") && !has("Deny"), "{explanation}"),
            LayerResult::Silent => {
                assert!(!has("Deny") && (report.levels.len() > 1 || !has("Allow")), "{explanation}")
            }
            LayerResult::NotApplicable => {}
        }
        let of_layer = decision.matched(set).find(|matched| matched.place.layer == layer);
        if let Some(matched) = of_layer {
            let place = (matched.place.policy, matched.place.statement);
            assert!(report.matched.iter().any(|found| (found.policy_index, found.statement_index) == place));
        }
        let has_allow = |bundle: &Bundle| {
            let mut statements = bundle.policies().iter().flat_map(|named| named.policy.statements());
            statements.any(|statement| statement.effect() == Effect::Allow)
        };
        if let Some(bundle) = single(set, layer)
            && report.blocks
            && report.result == "silent"
        {
            assert_eq!(report.nearest.is_some(), has_allow(bundle), "{explanation}");
        }
    }
    check_suggestions(set, request, &explanation);
}

/// What is suggested for a refusal would, all of it together, allow the request.
fn check_suggestions(set: &PolicySet, request: &Request, explanation: &Explanation) {
    // What nobody can grant has no suggestion.
    if explanation.suggestions.is_empty() || explanation.blocked_by.contains(&"resourceControl") {
        return;
    }
    let mut set = set.clone();
    for suggestion in &explanation.suggestions {
        let document = json!({"Version": "2012-10-17", "Statement": suggestion.statement}).to_string();
        let policy = Arc::new(Policy::parse(&document).unwrap());
        let with = |bundle: Option<&Bundle>| {
            let mut policies = bundle.map(|bundle| bundle.policies().to_vec()).unwrap_or_default();
            policies.push(Named::new(SourceKind::Input, "suggested", Arc::clone(&policy)));
            Bundle::new(policies)
        };
        match suggestion.layer {
            "identity" => set.identity = Some(with(set.identity.as_deref())),
            "permissionsBoundary" => set.boundary = Some(with(set.boundary.as_deref())),
            "session" => set.session = Some(with(set.session.as_deref())),
            "resource" => set.resource = Some(with(set.resource.as_deref())),
            "endpoint" => set.endpoint = Some(with(set.endpoint.as_deref())),
            "serviceControl" => {
                let levels = set.service_control.as_deref().unwrap().iter().enumerate();
                let levels = levels.map(|(level, bundle)| {
                    let is_meant = suggestion.levels.iter().any(|meant| *meant as usize == level);
                    if is_meant { with(Some(bundle)) } else { Arc::clone(bundle) }
                });
                set.service_control = Some(levels.collect());
            }
            other => panic!("{other}"),
        }
    }
    assert!(evaluate(&set, request).is_allowed(), "{explanation}");
}

/// The policies of a layer that has no levels.
fn single(set: &PolicySet, layer: Layer) -> Option<&Bundle> {
    match layer {
        Layer::Identity => set.identity.as_deref(),
        Layer::Boundary => set.boundary.as_deref(),
        Layer::Session => set.session.as_deref(),
        Layer::Resource => set.resource.as_deref(),
        Layer::Endpoint => set.endpoint.as_deref(),
        Layer::ServiceControl | Layer::ResourceControl => None,
    }
}

fn answer(set: &PolicySet, ask: &Ask) -> Answer {
    let request = question(ask);
    let decision = evaluate(set, &request);
    check_other_ways(set, ask, &request, &decision);
    let verdict = |layer| match decision.layer(layer) {
        LayerResult::NotApplicable => Verdict::NotApplicable,
        LayerResult::Silent => Verdict::Nothing,
        LayerResult::Allow => Verdict::Allow,
        LayerResult::Deny => Verdict::Deny,
    };
    let end = match decision.outcome() {
        Outcome::Allowed => End::Allowed,
        Outcome::ExplicitDeny => End::Explicit,
        Outcome::ImplicitDeny => End::Implicit,
    };
    Answer { end, layers: Layer::ALL.map(verdict) }
}

/// Every way to ask gives the same decision.
fn check_other_ways(set: &PolicySet, ask: &Ask, request: &Request, decision: &Decision) {
    let prepared = Prepared::new(request.clone());
    let snapshot = Snapshot::new(set.clone());
    // The second time the plans are those that were kept the first time.
    for _ in 0..2 {
        assert_eq!(policy::decide(set, &prepared), *decision);
        assert_eq!(snapshot.decide(set, &prepared), *decision);
    }
    let lists: Vec<Vec<compact_str::CompactString>> = ask
        .context
        .iter()
        .map(|(_, held)| match held {
            Held::One(_) => Vec::new(),
            Held::Many(values) => values.iter().map(Into::into).collect(),
        })
        .collect();
    let mut raw = RawContext::default();
    for ((key, held), list) in ask.context.iter().zip(&lists) {
        match held {
            Held::One(value) => raw.set(key, value),
            Held::Many(_) => raw.set_list(key, list),
        }
    }
    let question = Question { keys: Keys::Raw(&raw), ..Question::from(request) };
    assert_eq!(snapshot.evaluate(set, question), *decision);
}

fn question(ask: &Ask) -> Request {
    let mut context = Context::new();
    for (key, value) in &ask.context {
        match value {
            Held::One(value) => context.set(key, value.as_str()),
            Held::Many(values) => context.set(key, Values::Many(values.iter().map(Into::into).collect())),
        }
    }
    Request {
        principal: principal(&ask.who),
        action: Action::parse(&ask.action).unwrap(),
        resource: ask.resource.as_str().into(),
        resource_account: Some(AccountId::parse(&ask.resource_account).unwrap()),
        management_account: ask.management.as_ref().map(|account| AccountId::parse(account).unwrap()),
        context,
    }
}

fn show(world: &World) -> String {
    let one = |policies: &Option<Vec<Value>>| json!(policies).to_string();
    let many = |levels: &Option<Vec<Vec<Value>>>| json!(levels).to_string();
    let texts = [
        many(&world.rcp),
        many(&world.scp),
        one(&world.endpoint),
        one(&world.resource),
        one(&world.identity),
        one(&world.boundary),
        one(&world.session),
    ];
    LAYERS.iter().zip(texts).map(|(layer, text)| format!("{layer}: {text}\n")).collect()
}
