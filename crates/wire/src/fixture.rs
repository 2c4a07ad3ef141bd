//! A service with one of everything, for the tests of this crate.

use crate::operation::{Operation, Protocol, Service};
use crate::pattern::Pattern;
use crate::shape::{Kind, List, Map, Member, Shape};
use crate::timestamp::TimestampFormat;

static NAME_PATTERN: Pattern = Pattern::new(r"[\w+=,.@-]+");

static NAME: Shape = Shape::string("nameType").min(1).max(5).pattern(&NAME_PATTERN);
static WORDED: Shape =
    Shape::string("wordedType").min(1).max(5).pattern(&NAME_PATTERN).words("It must be a name.");
static TEXT: Shape = Shape::string("textType");
static POLICY: Shape = Shape::string("policyType").url_encoded();
static SECRET: Shape = Shape::string("secretType").max(8).sensitive();
static STATUS: Shape = Shape::string("statusType").values(&["Active", "Inactive"]);
static FLAG: Shape = Shape::new("flagType", Kind::Boolean);
static COUNT: Shape = Shape::new("countType", Kind::Integer).min(1).max(1000);
static LONG: Shape = Shape::new("longType", Kind::Long);
static RATE: Shape = Shape::new("rateType", Kind::Double);
static BYTES: Shape = Shape::new("bytesType", Kind::Blob).max(6);
static MOMENT: Shape = Shape::new("momentType", Kind::Timestamp(None));
static EPOCH: Shape = Shape::new("epochType", Kind::Timestamp(Some(TimestampFormat::Epoch)));

static TAG: Shape =
    Shape::structure("Tag", &[Member::new("Key", &NAME).required(), Member::new("Value", &TEXT).required()]);
static TAGS: Shape = Shape::list("tagListType", &TAG).max(3);
static NAMES: Shape = Shape::list("nameListType", &NAME);
static LINES: Shape =
    Shape::new("lines", Kind::List(List { item: &TEXT, item_name: "member", flattened: true }));
static SUMMARY: Shape = Shape::map("summaryMapType", &NAME, &COUNT);
static LABELS: Shape = Shape::new(
    "labels",
    Kind::Map(Map { key: &TEXT, value: &TAG, key_name: "Name", value_name: "Tag", flattened: true }),
);

pub(crate) static EVERYTHING: Shape = Shape::structure(
    "Everything",
    &[
        Member::new("UserName", &NAME).required(),
        Member::new("Text", &TEXT),
        Member::new("Policy", &POLICY),
        Member::new("Secret", &SECRET),
        Member::new("Status", &STATUS),
        Member::new("Flag", &FLAG),
        Member::new("MaxItems", &COUNT),
        Member::new("Long", &LONG),
        Member::new("Rate", &RATE),
        Member::new("Bytes", &BYTES),
        Member::new("Moment", &MOMENT),
        Member::new("Epoch", &EPOCH),
        Member::new("Tag", &TAG).wire("TheTag"),
        Member::new("Tags", &TAGS),
        Member::new("Names", &NAMES),
        Member::new("Worded", &WORDED),
        Member::new("Lines", &LINES).wire("Line"),
        Member::new("SAMLSummary", &SUMMARY),
        Member::new("Labels", &LABELS).wire("Label"),
    ],
);

/// Echoes no values, as IAM.
pub(crate) static QUIET: Service = service(false);
/// Echoes values, as STS.
pub(crate) static LOUD: Service = service(true);

pub(crate) static DO_EVERYTHING: Operation =
    operation("DoEverything", Some(&EVERYTHING), Some("DoEverythingResult"));
pub(crate) static DO_NOTHING: Operation = operation("DoNothing", None, None);

const fn service(echo_values: bool) -> Service {
    Service {
        name: "test",
        id: "Test",
        endpoint_prefix: "test",
        api_version: "2026-11-22",
        xml_namespace: "https://test.example.com/doc/2026-11-22/",
        protocol: Protocol::Query,
        target_prefix: None,
        echo_values,
        operations: &[],
    }
}

const fn operation(
    name: &'static str,
    output: Option<&'static Shape>,
    result: Option<&'static str>,
) -> Operation {
    Operation {
        name,
        service: &QUIET,
        input: &EVERYTHING,
        output,
        result,
        method: "POST",
        path: "/",
        errors: &[],
        pages: None,
        unsigned: false,
        deprecated: false,
    }
}
