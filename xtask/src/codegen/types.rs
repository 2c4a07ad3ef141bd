//! `types.rs`: a plain structure or enum for each shape that is one.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::model::{Model, Shape};
use super::names;

/// The text of `types.rs`.
pub(super) fn emit(model: &Model) -> Result<String> {
    let mut body = String::new();
    for shape in &model.shapes {
        if shape.kind() == "structure" {
            structure(model, shape, &mut body)?;
        } else if shape.is_enum() {
            enumeration(shape, &mut body)?;
        }
    }
    aliases(model, &mut body)?;
    let mut out = format!("//! The structures and enums of {}.\n\n", model.metadata("serviceFullName")?);
    if body.contains("BTreeMap<") {
        out.push_str("use std::collections::BTreeMap;\n");
    }
    out.push_str("use std::fmt;\n\n");
    if body.contains("Timestamp>") || body.contains(": Timestamp") {
        out.push_str("use jiff::Timestamp;\n");
    }
    out.push_str(
        "use wire::{Decode, Document, Encode, Field, Fields, Mismatch, Shape, Value, debug};\n\nuse super::shapes;\n\n",
    );
    out.push_str(&body);
    Ok(out)
}

fn structure(model: &Model, shape: &Shape, out: &mut String) -> Result<()> {
    let rust = &shape.rust;
    let constant = shape.constant();
    let default = if has_default(model, shape, &mut BTreeSet::new())? { ", Default" } else { "" };
    writeln!(out, "/// {}\n#[derive(Clone, PartialEq{default})]", shape.purpose)?;
    let mut fields = String::new();
    let mut decode = String::new();
    let mut encode = String::new();
    for (index, (name, reference, required)) in shape.members().enumerate() {
        let target = model.shape(&reference["shape"])?;
        let field = names::snake(name);
        let typed = rust_type(model, target)?;
        let typed = if required { typed } else { format!("Option<{typed}>") };
        writeln!(fields, "/// {}\npub {field}: {typed},", describe(name, target))?;
        let take = if required { "required" } else { "optional" };
        write!(decode, "{field}: fields.{take}()?, ")?;
        writeln!(encode, "{index} => self.{field}.value(),")?;
    }
    if fields.is_empty() {
        writeln!(out, "pub struct {rust} {{}}\n")?;
    } else {
        writeln!(out, "pub struct {rust} {{ {fields} }}\n")?;
    }
    if shape.read {
        let fields = if decode.is_empty() { "Fields::of" } else { "let mut fields = Fields::of" };
        writeln!(
            out,
            "impl Decode for {rust} {{\n\
                 fn decode(document: Document) -> Result<Self, Mismatch> {{\n\
                     {fields}(document, &shapes::{constant})?;\n\
                     Ok(Self {{ {decode} }})\n\
                 }}\n\
             }}\n"
        )?;
    }
    let member = if encode.is_empty() {
        "fn member(&self, _: usize) -> Option<Value<'_>> { None }".to_owned()
    } else {
        format!(
            "fn member(&self, index: usize) -> Option<Value<'_>> {{ match index {{ {encode} _ => None }} }}"
        )
    };
    writeln!(
        out,
        "impl Encode for {rust} {{\n\
             fn shape(&self) -> &'static Shape {{ &shapes::{constant} }}\n\n\
             {member}\n\
         }}\n\n\
         impl fmt::Debug for {rust} {{\n\
             fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{ debug(self, f) }}\n\
         }}\n"
    )?;
    Ok(())
}

fn enumeration(shape: &Shape, out: &mut String) -> Result<()> {
    let rust = &shape.rust;
    let values = shape.json["enum"].as_array().context("an enum")?;
    let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
    let (mut variants, mut all, mut print, mut parse) =
        (String::new(), String::new(), String::new(), String::new());
    for value in values {
        let variant = names::camel(value);
        writeln!(variants, "/// `{value}`.\n{variant},")?;
        write!(all, "Self::{variant}, ")?;
        writeln!(print, "Self::{variant} => {value:?},")?;
        writeln!(parse, "{value:?} => Self::{variant},")?;
    }
    writeln!(
        out,
        "/// `{name}` of the model.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n\
         pub enum {rust} {{ {variants} }}\n\n\
         impl {rust} {{\n\
             /// Every value, in the model's order.\n\
             pub const ALL: &'static [Self] = &[{all}];\n\n\
             /// The value on the wire.\n\
             pub const fn as_str(self) -> &'static str {{ match self {{ {print} }} }}\n\n\
             /// The value that this is on the wire.\n\
             pub fn parse(text: &str) -> Option<Self> {{ Some(match text {{ {parse} _ => return None }}) }}\n\
         }}\n\n\
         impl Field for {rust} {{\n\
             fn value(&self) -> Option<Value<'_>> {{ Some(Value::String(self.as_str())) }}\n\
         }}\n",
        name = shape.name,
    )?;
    if shape.read {
        writeln!(
            out,
            "impl Decode for {rust} {{\n\
                 fn decode(document: Document) -> Result<Self, Mismatch> {{\n\
                     match document {{\n\
                         Document::String(text) => Self::parse(&text),\n\
                         _ => None,\n\
                     }}.ok_or(Mismatch {{ expected: {name:?} }})\n\
                 }}\n\
             }}\n",
            name = shape.name,
        )?;
    }
    Ok(())
}

/// `SimulateCustomPolicyOutput` and the like, where several operations share an output.
fn aliases(model: &Model, out: &mut String) -> Result<()> {
    for operation in &model.operations {
        let own = names::camel(&operation.name);
        for (part, suffix) in [(Some(&operation.input), "Input"), (operation.output.as_ref(), "Output")] {
            if let Some(rust) = part
                && *rust != format!("{own}{suffix}")
            {
                writeln!(
                    out,
                    "/// The {} of `{}`.\npub type {own}{suffix} = {rust};\n",
                    if suffix == "Input" { "request" } else { "response" },
                    operation.name
                )?;
            }
        }
    }
    Ok(())
}

/// The type of a value of this shape.
fn rust_type(model: &Model, shape: &Shape) -> Result<String> {
    let inner = |part: &str| rust_type(model, model.shape(&shape.json[part]["shape"])?);
    Ok(match shape.kind() {
        "structure" => shape.rust.clone(),
        "string" if shape.is_enum() => shape.rust.clone(),
        "string" | "character" => "String".to_owned(),
        "list" => format!("Vec<{}>", inner("member")?),
        "map" => format!("BTreeMap<{}, {}>", inner("key")?, inner("value")?),
        "blob" => "Vec<u8>".to_owned(),
        "boolean" => "bool".to_owned(),
        "integer" => "i32".to_owned(),
        "long" => "i64".to_owned(),
        "float" => "f32".to_owned(),
        "double" => "f64".to_owned(),
        "timestamp" => "Timestamp".to_owned(),
        other => bail!("type `{other}` is not known"),
    })
}

/// Whether every required member has a default. A required enum has none: no value of it is more natural than another.
fn has_default(model: &Model, shape: &Shape, above: &mut BTreeSet<String>) -> Result<bool> {
    if !above.insert(shape.name.clone()) {
        bail!("`{}` contains itself: boxes are not generated yet", shape.name);
    }
    let mut all = true;
    for (_, reference, required) in shape.members() {
        let target = model.shape(&reference["shape"])?;
        all &= match target.kind() {
            "structure" => has_default(model, target, above)? || !required,
            _ => !(required && target.is_enum()),
        };
    }
    above.remove(&shape.name);
    Ok(all)
}

/// A member's name in the model and its constraints, as a sentence.
fn describe(name: &str, shape: &Shape) -> String {
    let mut text = format!("`{name}`");
    let unit = match shape.kind() {
        "string" => " characters",
        "list" => " items",
        "blob" => " bytes",
        _ => "",
    };
    match (shape.json["min"].as_i64(), shape.json["max"].as_i64()) {
        (Some(min), Some(max)) if min == max => text += &format!(", {min}{unit}"),
        (Some(min), Some(max)) => text += &format!(", {min} to {max}{unit}"),
        (Some(min), None) => text += &format!(", at least {min}{unit}"),
        (None, Some(max)) => text += &format!(", at most {max}{unit}"),
        (None, None) => {}
    }
    if let Some(pattern) = shape.json["pattern"].as_str() {
        text += &format!(", `{pattern}`");
    }
    if shape.json["sensitive"] == true {
        text += ", sensitive";
    }
    text + "."
}
