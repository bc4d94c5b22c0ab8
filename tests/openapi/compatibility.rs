//! Compares two documents of a surface as a client does that was made of the first: what is only added, and what breaks it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What differs between two documents. Both are sentences in Markdown.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// What a client of the first document may leave unknown.
    pub added: BTreeSet<String>,
    /// What a client of the first document may fail on.
    pub broken: BTreeSet<String>,
}

/// Who writes a value decides what may change: what a client sends may only be loosened, and what it is answered only tightened, but for
/// new fields and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Writer {
    Client,
    Server,
}

/// Texts for people, which bind nobody.
const PROSE: &[&str] = &["description", "summary", "title", "examples", "example", "tags", "links", "x-codeSamples"];

const METHODS: &[&str] = &["get", "put", "post", "patch", "delete"];

/// Compares the document of a release with a later one.
pub fn compare(old: &Value, new: &Value) -> Differences {
    let mut comparison = Comparison { old, new, found: Differences::default(), seen: BTreeSet::new() };
    comparison.same(
        "The ways to authenticate",
        &old["components"]["securitySchemes"],
        &new["components"]["securitySchemes"],
    );
    comparison.operations();
    comparison.found
}

struct Comparison<'d> {
    old: &'d Value,
    new: &'d Value,
    found: Differences,
    /// Named schemas that were compared, with who writes them: each is told once.
    seen: BTreeSet<(String, Writer)>,
}

impl<'d> Comparison<'d> {
    fn adds(&mut self, place: &str, what: &str) {
        self.found.added.insert(format!("{place}: {what}"));
    }

    fn breaks(&mut self, place: &str, what: &str) {
        self.found.broken.insert(format!("{place}: {what}"));
    }

    fn same(&mut self, place: &str, old: &Value, new: &Value) {
        if without_prose(old) != without_prose(new) {
            self.breaks(place, &format!("was {}, is {}", without_prose(old), without_prose(new)));
        }
    }

    /// Calls `both` with what stands in both under a name; what is gone breaks, what is new is added.
    fn pairs(
        &mut self,
        place: &str,
        kind: &str,
        (old, new): (&'d Value, &'d Value),
        mut both: impl FnMut(&mut Self, &str, &'d Value, &'d Value),
    ) {
        for (name, old) in fields(old) {
            match new.get(name) {
                Some(new) => both(self, name, old, new),
                None => self.breaks(place, &format!("the {kind} `{name}` is gone")),
            }
        }
        for (name, _) in fields(new).filter(|(name, _)| old.get(name).is_none()) {
            self.adds(place, &format!("the {kind} `{name}`"));
        }
    }

    fn operations(&mut self) {
        let (old, new) = (&self.old["paths"], &self.new["paths"]);
        for (path, methods) in fields(new) {
            for (method, _) in fields(methods).filter(|(method, _)| old[path].get(method).is_none()) {
                self.found.added.insert(format!("`{} {path}`", method.to_uppercase()));
            }
        }
        for (path, methods) in fields(old) {
            for (method, old) in fields(methods) {
                assert!(METHODS.contains(&method), "{path}: {method} is compared nowhere");
                let place = format!("`{} {path}`", method.to_uppercase());
                match new[path].get(method) {
                    Some(new) => self.operation(&place, old, new),
                    None => self.breaks(&place, "is gone"),
                }
            }
        }
    }

    fn operation(&mut self, place: &str, old: &'d Value, new: &'d Value) {
        self.same(&format!("{place}, what it is called"), &old["operationId"], &new["operationId"]);
        self.same(&format!("{place}, what it needs"), &old["security"], &new["security"]);
        self.deprecation(place, old, new);
        self.parameters(place, &old["parameters"], &new["parameters"]);
        if new["requestBody"]["required"] == true && old["requestBody"]["required"] != true {
            self.breaks(place, "has to be sent a body");
        }
        let bodies = (&old["requestBody"]["content"], &new["requestBody"]["content"]);
        self.pairs(place, "body", bodies, |this, kind, old, new| {
            this.schema(&format!("{place}, `{kind}`"), &old["schema"], &new["schema"], Writer::Client);
        });
        for (status, _) in fields(&new["responses"]).filter(|(status, _)| old["responses"].get(status).is_none()) {
            if status.starts_with('2') {
                self.breaks(place, &format!("may succeed with {status}"));
            }
        }
        self.pairs(place, "answer", (&old["responses"], &new["responses"]), |this, status, old, new| {
            let place = format!("{place}, {status}");
            let (old, new) = (resolved(this.old, old), resolved(this.new, new));
            this.pairs(&place, "header", (&old["headers"], &new["headers"]), |this, name, old, new| {
                let (old, new) = (resolved(this.old, old), resolved(this.new, new));
                if old["required"] == true && new["required"] != true {
                    this.breaks(&place, &format!("the header `{name}` may be absent"));
                }
                this.schema(&format!("{place}, `{name}`"), &old["schema"], &new["schema"], Writer::Server);
            });
            this.pairs(&place, "body", (&old["content"], &new["content"]), |this, kind, old, new| {
                this.schema(&format!("{place}, `{kind}`"), &old["schema"], &new["schema"], Writer::Server);
            });
        });
    }

    fn parameters(&mut self, place: &str, old: &'d Value, new: &'d Value) {
        let key = |parameter: &Value| (parameter["in"].clone(), parameter["name"].clone());
        let find = |all: &'d Value, wanted: &Value| items(all).find(|other| key(other) == key(wanted));
        let called = |parameter: &Value| {
            format!("the parameter `{}`", parameter["name"].as_str().expect("a parameter has a name"))
        };
        for old in items(old) {
            let Some(new) = find(new, old) else {
                self.breaks(place, &format!("{} is gone", called(old)));
                continue;
            };
            if new["required"] == true && old["required"] != true {
                self.breaks(place, &format!("{} has to be sent", called(old)));
            }
            for written in ["style", "explode", "content"] {
                self.same(&format!("{place}, {}, {written}", called(old)), &old[written], &new[written]);
            }
            self.deprecation(&format!("{place}, {}", called(old)), old, new);
            self.schema(&format!("{place}, {}", called(old)), &old["schema"], &new["schema"], Writer::Client);
        }
        for new in items(new).filter(|new| find(old, new).is_none()) {
            if new["required"] == true {
                self.breaks(place, &format!("{} has to be sent", called(new)));
            }
            self.adds(place, &called(new));
        }
    }

    fn deprecation(&mut self, place: &str, old: &Value, new: &Value) {
        if new["deprecated"] == true && old["deprecated"] != true {
            self.adds(place, "is deprecated");
        }
    }

    fn schema(&mut self, place: &str, old: &'d Value, new: &'d Value, writer: Writer) {
        let (old_name, new_name) = (name(old), name(new));
        if old_name != new_name {
            let called = |name: Option<&str>| name.map_or_else(|| "nothing".to_owned(), |name| format!("`{name}`"));
            self.breaks(place, &format!("was called {}, is called {}", called(old_name), called(new_name)));
        }
        let place = match old_name {
            Some(name) if !self.seen.insert((name.to_owned(), writer)) => return,
            Some(name) => format!("`{name}`"),
            None => place.to_owned(),
        };
        let (old, new) = (resolved(self.old, old), resolved(self.new, new));
        let keywords: BTreeSet<_> = fields(old).chain(fields(new)).map(|(keyword, _)| keyword).collect();
        for keyword in keywords {
            self.keyword(&place, keyword, (old.get(keyword), new.get(keyword)), writer);
        }
        self.deprecation(&place, old, new);
        let (was, is) = (choices(&old["required"]), choices(&new["required"]));
        let (changed, how) = match writer {
            Writer::Client => (is.difference(&was), "has to be sent"),
            Writer::Server => (was.difference(&is), "may be left out"),
        };
        changed.for_each(|field| self.breaks(&place, &format!("the field `{field}` {how}")));
    }

    fn keyword(
        &mut self,
        place: &str,
        keyword: &str,
        (old, new): (Option<&'d Value>, Option<&'d Value>),
        writer: Writer,
    ) {
        let (was, is) = (old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null));
        // A limit that is absent allows everything; what each limit allows is compared as numbers.
        let (allows_no_less, allows_no_more) = match keyword {
            _ if PROSE.contains(&keyword) => return,
            // Compared with the fields.
            "required" | "deprecated" => return,
            "properties" => {
                return self.pairs(place, "field", (was, is), |this, field, old, new| {
                    this.schema(&format!("{place}, the field `{field}`"), old, new, writer);
                });
            }
            "items" | "propertyNames" | "additionalProperties" if was.is_object() && is.is_object() => {
                return self.schema(&format!("{place}, `{keyword}`"), was, is, writer);
            }
            "allOf" | "oneOf" | "anyOf" if items(was).count() == items(is).count() => {
                for (old, new) in items(was).zip(items(is)) {
                    self.schema(place, old, new, writer);
                }
                return;
            }
            "type" | "enum" if old.is_some() && new.is_some() => {
                let (was, is) = (choices(was), choices(is));
                if keyword == "enum" {
                    for word in is.difference(&was) {
                        self.adds(place, &format!("the value `{word}`"));
                    }
                    if writer == Writer::Server && is.contains("null") && !was.contains("null") {
                        self.breaks(place, "may be null");
                    }
                    return if !was.is_subset(&is) {
                        self.breaks(place, &format!("a value is gone of {was:?}"));
                    };
                }
                (was.is_subset(&is), is.is_subset(&was))
            }
            "maxLength" | "maximum" | "maxItems" | "maxProperties" => {
                let limit = |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or(f64::INFINITY);
                (limit(new) >= limit(old), limit(new) <= limit(old))
            }
            "minLength" | "minimum" | "minItems" => {
                let limit = |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or(f64::NEG_INFINITY);
                (limit(new) <= limit(old), limit(new) >= limit(old))
            }
            _ => (was == is, was == is),
        };
        let holds = match writer {
            Writer::Client => allows_no_less,
            Writer::Server => allows_no_more,
        };
        if !holds {
            self.breaks(place, &format!("{keyword} was {was}, is {is}"));
        } else if !(allows_no_less && allows_no_more) {
            self.adds(place, &format!("{keyword} was {was}, is {is}"));
        }
    }
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, field)| (name.as_str(), field))
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The words of an `enum` or of `required`, or the types of a `type`, of which one may stand alone.
fn choices(value: &Value) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Null => BTreeSet::new(),
        Value::Array(all) => all.iter().map(text).collect(),
        one => [text(one)].into(),
    }
}

/// What a reference names.
fn name(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.rsplit('/').next()
}

/// What a reference leads to, or the value itself.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let target = value.get("$ref").and_then(Value::as_str).and_then(|link| link.strip_prefix('#'));
    target.map_or(value, |pointer| document.pointer(pointer).expect("a link leads somewhere"))
}

fn without_prose(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let binding = fields.iter().filter(|(name, _)| !PROSE.contains(&name.as_str()));
            binding.map(|(name, field)| (name.clone(), without_prose(field))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}
