//! Shapes as schemas.

use super::super::shape::{Field, Object, Shape};
use super::{key_examples, key_pattern};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, AnyOfBuilder, ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Ref, Schema,
    SchemaFormat, SchemaType, Type,
};

/// No text holds U+0000.
const NO_NUL: &str = "^[^\\u0000]*$";
const UID: &str = "^[A-Za-z0-9_-]{1,100}$";
/// An amount of US dollars.
const MONEY: &str = "^[0-9]{1,12}(\\.[0-9]{1,2})?$";
/// Any JSON that can be kept.
const JSON_VALUE: &str = "JsonValue";

/// The schemas of named objects, gathered while they are referred to.
#[derive(Default)]
pub(super) struct Schemas {
    known: BTreeMap<&'static str, RefOr<Schema>>,
}

impl Schemas {
    /// All of them, by name.
    pub fn finish(mut self) -> BTreeMap<&'static str, RefOr<Schema>> {
        if self.known.values().any(|schema| format!("{}", serde_json::json!(schema)).contains(JSON_VALUE)) {
            self.known.insert(JSON_VALUE, json_value());
        }
        self.known
    }

    /// The schema of a shape.
    pub fn of(&mut self, shape: &Shape) -> RefOr<Schema> {
        self.described(shape, "", false, false)
    }

    /// The same, in words and perhaps null.
    fn described(&mut self, shape: &Shape, doc: &str, nullable: bool, read_only: bool) -> RefOr<Schema> {
        let doc = (!doc.is_empty()).then_some(doc);
        match shape {
            Shape::Object(object) => {
                let named = self.named(object);
                match (nullable, doc) {
                    (true, doc) => AnyOfBuilder::new()
                        .item(RefOr::Ref(named))
                        .item(ObjectBuilder::new().schema_type(Type::Null))
                        .schema_type(SchemaType::AnyValue)
                        .description(doc)
                        .into(),
                    (false, _) => RefOr::Ref(named),
                }
            }
            Shape::OneOf(_, objects) => {
                let items = objects.iter().map(|object| RefOr::T(Schema::Object(self.object(object).build())));
                let items: Vec<_> = items.collect();
                let all = items.into_iter().fold(OneOfBuilder::new(), |all, item| all.item(item));
                all.schema_type(SchemaType::AnyValue).description(doc).into()
            }
            Shape::List(of, least, most) => {
                let list = ArrayBuilder::new()
                    .items(self.of(of))
                    .min_items((*least > 0).then_some(*least))
                    .max_items(Some(*most))
                    .description(doc);
                if nullable { list.schema_type(or_null(Type::Array)).into() } else { list.into() }
            }
            plain => {
                let mut schema = self.plain(plain, nullable).description(doc);
                if read_only {
                    schema = schema.read_only(true);
                }
                schema.into()
            }
        }
    }

    fn plain(&self, shape: &Shape, nullable: bool) -> ObjectBuilder {
        let of = |kind: Type| {
            let kind = if nullable { or_null(kind) } else { SchemaType::Type(kind) };
            ObjectBuilder::new().schema_type(kind)
        };
        let bound = |number: i64| isize::try_from(number).unwrap_or(isize::MAX);
        match shape {
            Shape::Text(least, most) => of(Type::String)
                .min_length((*least > 0).then_some(*least))
                .max_length(Some(*most))
                .pattern(Some(NO_NUL)),
            Shape::Password => of(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
                .min_length(Some(8))
                .max_length(Some(256))
                .pattern(Some("^[^\\u0000-\\u001f\\u007f-\\u009f]*$")),
            // More than a pattern can say is judged, see [`access::check_redirect_uri`].
            Shape::RedirectUri => of(Type::String)
                .format(Some(SchemaFormat::Custom("uri".to_owned())))
                .pattern(Some("^[Hh][Tt][Tt][Pp][Ss]?://"))
                .max_length(Some(2_048)),
            Shape::Uid => of(Type::String).pattern(Some(UID)),
            Shape::Uuid => of(Type::String).format(Some(SchemaFormat::Custom("uuid".to_owned()))),
            Shape::Integer(least, most) => of(Type::Integer).minimum(Some(bound(*least))).maximum(Some(bound(*most))),
            Shape::Money => of(Type::String).pattern(Some(MONEY)),
            // A pattern judges texts, bounds judge numbers.
            Shape::Amount => {
                let kinds = [Type::String, Type::Number].into_iter().chain(nullable.then_some(Type::Null));
                ObjectBuilder::new()
                    .schema_type(SchemaType::Array(kinds.collect()))
                    .pattern(Some(MONEY))
                    .minimum(Some(0))
                    .maximum(Some(999_999_999_999.99))
                    .multiple_of(Some(0.01))
            }
            Shape::Flag => of(Type::Boolean),
            Shape::Word(words) => {
                let words = words().into_iter().map(Value::from).chain(nullable.then_some(Value::Null));
                of(Type::String).enum_values(Some(words))
            }
            Shape::Metadata => {
                of(Type::Object).additional_properties(Some(Ref::from_schema_name(JSON_VALUE))).property_names(Some(
                    Schema::Object(ObjectBuilder::new().schema_type(Type::String).pattern(Some(NO_NUL)).build()),
                ))
            }
            Shape::GroupKey | Shape::PersonKey => {
                of(Type::String).pattern(key_pattern(shape)).examples(key_examples(shape))
            }
            Shape::Told(pattern) => of(Type::String).pattern((!pattern.is_empty()).then_some(*pattern)),
            Shape::List(..) | Shape::Object(_) | Shape::OneOf(..) => ObjectBuilder::new(),
        }
    }

    /// A reference to the schema of a named object.
    pub fn named(&mut self, object: &Object) -> Ref {
        if !self.known.contains_key(object.name) {
            // Before it is known, for what it refers to may refer back to it.
            self.known.insert(object.name, ObjectBuilder::new().into());
            let schema = self.object(object);
            self.known.insert(object.name, schema.into());
        }
        Ref::from_schema_name(object.name)
    }

    fn object(&mut self, object: &Object) -> ObjectBuilder {
        let closed = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false)));
        (object.fields)().iter().fold(closed, |schema, field| {
            let Field { name, doc, shape, required, nullable, read_only } = field;
            let schema = if *required { schema.required(*name) } else { schema };
            schema.property(*name, self.described(shape, doc, *nullable, *read_only))
        })
    }

    /// A page of such things.
    pub fn page(&mut self, of: &Object) -> RefOr<Schema> {
        let items = ArrayBuilder::new()
            .items(RefOr::Ref(self.named(of)))
            .max_items(usize::try_from(super::super::paging::MOST).ok())
            .description(Some("The items of this page."));
        ObjectBuilder::new()
            .property("items", items)
            .required("items")
            .property(
                "total",
                self.described(&super::super::shape::COUNT, "How many there are on all pages.", false, false),
            )
            .required("total")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .into()
    }
}

fn or_null(kind: Type) -> SchemaType {
    SchemaType::Array(vec![kind, Type::Null])
}

/// Any JSON whose numbers and texts can be kept.
fn json_value() -> RefOr<Schema> {
    let this = || RefOr::Ref(Ref::from_schema_name(JSON_VALUE));
    let text = || ObjectBuilder::new().schema_type(Type::String).pattern(Some(NO_NUL));
    let plain = |kind: Type| ObjectBuilder::new().schema_type(kind);
    AnyOfBuilder::new()
        .item(plain(Type::Null))
        .item(plain(Type::Boolean))
        .item(text())
        .item(
            plain(Type::Number).minimum(Some(-9_007_199_254_740_991_isize)).maximum(Some(9_007_199_254_740_991_isize)),
        )
        .item(ArrayBuilder::new().items(this()))
        .item(
            ObjectBuilder::new()
                .additional_properties(Some(AdditionalProperties::RefOr(this())))
                .property_names(Some(Schema::Object(text().build()))),
        )
        .schema_type(SchemaType::AnyValue)
        .description(Some("Any JSON. Greater numbers are taken too, where they keep all their digits."))
        .into()
}
