//! JSON that keeps the order of its members, printed as AWS prints policy documents.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value whose objects keep the order of their text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    /// `null`, `true`, a number or a string, as JSON text.
    Scalar(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The same document with the members of policies and statements in the order AWS writes them.
    pub(super) fn in_policy_order(self) -> Self {
        const ORDER: [&str; 12] = [
            "Version",
            "Id",
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
            "Statement",
        ];
        match self {
            Json::Object(mut members) => {
                members.sort_by_key(|(name, _)| ORDER.iter().position(|known| known == name));
                Json::Object(
                    members.into_iter().map(|(name, value)| (name, value.in_policy_order())).collect(),
                )
            }
            Json::List(items) => Json::List(items.into_iter().map(Json::in_policy_order).collect()),
            scalar => scalar,
        }
    }

    /// The text with four spaces a level, the form in which AWS keeps most of its managed policies.
    pub(super) fn pretty(&self) -> String {
        let mut text = String::new();
        self.print(&mut text, 0);
        text
    }

    fn print(&self, out: &mut String, level: usize) {
        let inside = "    ".repeat(level + 1);
        match self {
            Json::Scalar(text) => out.push_str(text),
            Json::List(items) if items.is_empty() => out.push_str("[]"),
            Json::Object(members) if members.is_empty() => out.push_str("{}"),
            Json::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index == 0 { "\n" } else { ",\n" });
                    out.push_str(&inside);
                    item.print(out, level + 1);
                }
                out.push('\n');
                out.push_str(&"    ".repeat(level));
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    out.push_str(if index == 0 { "\n" } else { ",\n" });
                    out.push_str(&inside);
                    out.push_str(&serde_json::Value::from(name.as_str()).to_string());
                    out.push_str(": ");
                    value.print(out, level + 1);
                }
                out.push('\n');
                out.push_str(&"    ".repeat(level));
                out.push('}');
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Scalar("null".into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Scalar(serde_json::Value::from(value).to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn members_keep_their_order_and_print_four_spaces_a_level() {
        let text =
            "{\n    \"b\": [\n        1,\n        \"x\\\"y\"\n    ],\n    \"a\": {},\n    \"c\": []\n}";
        assert_eq!(read(text).pretty(), text);
    }

    #[test]
    fn a_policy_gets_the_order_that_aws_writes() {
        let sorted = r#"{"Statement":[{"Action":"*","Condition":{"B":{},"A":{}},"Effect":"Allow","Sid":"x"}],"Version":"v"}"#;
        let Json::Object(policy) = read(sorted).in_policy_order() else { panic!("an object stays one") };
        assert_eq!(policy[0].0, "Version");
        let Json::List(statements) = &policy[1].1 else { panic!("a list stays one") };
        let Json::Object(statement) = &statements[0] else { panic!("an object stays one") };
        let names: Vec<_> = statement.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Sid", "Effect", "Action", "Condition"]);
        // What AWS orders by no rule keeps its order.
        let Json::Object(condition) = &statement[3].1 else { panic!("an object stays one") };
        assert_eq!(condition[0].0, "B");
    }
}
