//! Every input with every member set goes from a form to its type and back.

use wire::query::{self, Form};
use wire::{Document, redacted_json};

use crate::example;
use crate::inputs::INPUTS;

#[test]
fn every_operation_is_covered() {
    let all = api::iam::SERVICE.operations.len() + api::sts::SERVICE.operations.len();
    assert_eq!(INPUTS.len(), all);
    assert!(all >= 187);
}

#[test]
fn every_input_decodes_with_every_member_set() {
    for (operation, typed) in INPUTS {
        let input = example::maximal(operation.input);
        let body = example::body(operation.name, &input);
        let form = Form::parse(body.as_bytes()).unwrap();
        let read = query::input(operation, &form).unwrap_or_else(|fault| panic!("{operation:?}: {fault}"));
        assert_eq!(Document::Structure(read.clone()), input, "{operation:?}");
        let decoded = typed(input).unwrap_or_else(|error| panic!("{operation:?}: {error}"));
        assert!(std::ptr::eq(decoded.shape(), operation.input));
        assert_eq!(redacted_json(&*decoded), redacted_json(&read), "{operation:?}");
        for index in 0..operation.input.members().len() {
            assert!(decoded.member(index).is_some(), "{operation:?} loses member {index}");
        }
    }
}

#[test]
fn no_debug_shows_a_sensitive_member() {
    let mut seen = 0;
    for (operation, _) in INPUTS {
        let Document::Structure(mut input) = example::maximal(operation.input) else {
            panic!("an input is a structure");
        };
        for (index, member) in operation.input.members().iter().enumerate() {
            if member.shape.sensitive {
                input.set(index, Some(Document::String("hunter2".to_owned())));
                seen += 1;
            }
        }
        assert!(!format!("{input:?}").contains("hunter2"), "{operation:?}");
        assert!(!redacted_json(&input).to_string().contains("hunter2"), "{operation:?}");
    }
    assert!(seen >= 8, "{seen}");
}
