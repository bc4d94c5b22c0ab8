//! The problems in a document: what each status means, the schema of their bodies, and the entry of each code.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::wire::problem::Code;

/// The docs page has one entry for each code: a problem's `type` leads there.
pub(super) fn told() -> String {
    let mut text = "# Problems\n\nEvery error is `application/problem+json` (RFC 9457). Branch on `code`; show `detail` to people.\n".to_owned();
    for code in Code::ALL {
        // Writing to a string cannot fail.
        write!(text, "\n## {}\n\n**{}.** {}. {}\n", code.name(), code.status(), code.title(), code.advice()).ok();
    }
    text
}

pub(super) fn schemas() -> [(String, Value); 2] {
    let codes: Vec<_> = Code::ALL.iter().filter(|code| code.is_for_api_callers()).map(|code| code.name()).collect();
    let problem = json!({
        "type": "object",
        "description": "An error (RFC 9457).",
        "examples": [{"type": "/docs#section/Problems/insufficient_scope", "title": Code::InsufficientScope.title(), "status": 403,
            "detail": "This operation needs the scope `classes:write`, which this key does not carry. Make a key that does.",
            "code": "insufficient_scope", "request_id": "3adb8ce23c50f104173852e9", "required_scope": "classes:write"}],
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "description": "A link to this code in the docs."},
            "title": {"type": "string", "description": "The same for every problem of this code."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "What happened, and what to do next."},
            "code": {"type": "string", "enum": codes, "description": "What to branch on. Later versions may add codes."},
            "request_id": {"type": "string", "description": "The id of this request in the gateway's log."},
            "errors": {"type": "array", "description": "Every fault in the request.", "items": {"$ref": "#/components/schemas/Fault"}},
            "occurrence_id": {"type": "string", "description": "The occurrence that conflicts."},
            "required_scope": {"type": "string", "description": "The scope that the key lacks."},
        },
    });
    let fault = json!({
        "type": "object",
        "description": "A fault in a request.",
        "examples": [{"pointer": "/name", "detail": "is required"}],
        "required": ["pointer", "detail"],
        "properties": {
            "pointer": {"type": "string", "description": "A JSON Pointer (RFC 6901) to the field."},
            "detail": {"type": "string", "description": "What is wrong with it."},
        },
    });
    [("Problem".to_owned(), problem), ("Fault".to_owned(), fault)]
}
