//! `operations.rs`: the service and a static for each operation.

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::model::{Model, Operation};
use super::names;

/// The text of `operations.rs`.
pub(super) fn emit(model: &Model) -> Result<String> {
    let mut out = format!("//! The operations of {}.\n\n", model.metadata("serviceFullName")?);
    let body: String =
        model.operations.iter().map(|operation| one(model, operation)).collect::<Result<_>>()?;
    let pages = if body.contains("Some(Pages") { ", Pages" } else { "" };
    writeln!(out, "use wire::{{Operation{pages}, Protocol, Service}};\n\nuse super::shapes;\n")?;
    let protocol = match model.metadata("protocol")? {
        "query" => "Protocol::Query".to_owned(),
        "json" => format!("Protocol::Json {{ version: {:?} }}", model.metadata("jsonVersion")?),
        "rest-json" => "Protocol::RestJson".to_owned(),
        other => bail!("protocol `{other}` is not known"),
    };
    let prefix = model.metadata("endpointPrefix")?;
    writeln!(
        out,
        "/// The service: what its endpoint speaks, and its operations.\n\
         pub static SERVICE: Service = Service {{\n\
             name: {name:?}, id: {id:?}, endpoint_prefix: {prefix:?}, api_version: {version:?},\n\
             xml_namespace: {namespace:?}, protocol: {protocol}, target_prefix: {target},\n\
             echo_values: {echo}, operations: &[{all}],\n\
         }};\n",
        name = model.metadata("signingName").unwrap_or(prefix),
        id = model.metadata("serviceId")?,
        version = model.metadata("apiVersion")?,
        namespace = model.metadata("xmlNamespace").unwrap_or_default(),
        target = option(model.flag("targetPrefix")),
        echo = model.flag("echoValues") == true,
        all = model
            .operations
            .iter()
            .map(|operation| format!("&{}, ", names::screaming(&operation.name)))
            .collect::<String>(),
    )?;
    out.push_str(&body);
    Ok(out)
}

fn one(model: &Model, operation: &Operation) -> Result<String> {
    let json = &operation.json;
    let output = match &operation.output {
        Some(output) => format!("Some(&shapes::{})", names::screaming(output)),
        None => "None".to_owned(),
    };
    let errors: Vec<String> = json["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|error| model.error(error).code)
        .collect();
    let http = &json["http"];
    Ok(format!(
        "/// `{name}`.\n\
         pub static {constant}: Operation = Operation {{\n\
             name: {name:?}, service: &SERVICE, input: &shapes::{input}, output: {output},\n\
             result: {result}, method: {method:?}, path: {path:?}, errors: &{errors:?},\n\
             pages: {pages}, unsigned: {unsigned}, deprecated: {deprecated},\n\
         }};\n\n",
        name = operation.name,
        constant = names::screaming(&operation.name),
        input = names::screaming(&operation.input),
        result = option(&json["output"]["resultWrapper"]),
        method = http["method"].as_str().context("no HTTP method")?,
        path = http["requestUri"].as_str().context("no path")?,
        pages = pages(&json["pages"])?,
        unsigned = json["unsigned"] == true,
        deprecated = json["deprecated"] == true,
    ))
}

fn pages(json: &Value) -> Result<String> {
    // Tokens of several members belong to no service that is built yet; without a token nothing is paged.
    let (Some(input), Some(output)) = (json["input_token"].as_str(), json["output_token"].as_str()) else {
        return Ok("None".to_owned());
    };
    let results: Vec<&str> = match &json["result_key"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => bail!("pages without results"),
    };
    Ok(format!(
        "Some(Pages {{ input_token: {input:?}, output_token: {output:?}, limit: {limit},\n\
         more: {more}, results: &{results:?} }})",
        limit = option(&json["limit_key"]),
        more = option(&json["more_results"]),
    ))
}

fn option(value: &Value) -> String {
    match value.as_str() {
        Some(text) => format!("Some({text:?})"),
        None => "None".to_owned(),
    }
}
