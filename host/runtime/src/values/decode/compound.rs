//! Arrays and objects.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use wasmtime::component::Val;

use super::super::error::{Step, quoted, short};
use super::super::map_key::MapKey;
use super::super::names::Names;
use super::super::shape::{Field, MapShape, RecordShape, ResultPair, Shape, VariantShape};
use super::{Seed, Want};

impl<'s> Seed<'s> {
    pub(super) fn array<'de, A: SeqAccess<'de>>(self, items: A) -> Result<Val, A::Error> {
        match self.shape() {
            Some(Shape::List(item)) => self.list(item, items).map(Val::List),
            Some(Shape::FixedList(item, length)) => self
                .exactly(std::iter::repeat_n(&**item, *length as usize), items)
                .map(Val::FixedLengthList),
            Some(Shape::Tuple(shapes)) => self.exactly(shapes.iter(), items).map(Val::Tuple),
            Some(Shape::Flags(names)) => self.flags(names, items),
            Some(Shape::Map(map)) if map.key != Shape::String => self.pairs(map, items),
            _ => Err(self.wrong("an array")),
        }
    }

    pub(super) fn object<'de, A: MapAccess<'de>>(self, mut entries: A) -> Result<Val, A::Error> {
        match self.want {
            Want::Arguments(params) => self
                .fields(params, entries, "argument", |_, value| value)
                .map(Val::Tuple),
            Want::Null => Err(self.wrong("an object")),
            Want::Shape(shape) | Want::OrNull(shape) => match shape {
                Shape::Record(record) => {
                    let named = |field: &Field, value| (String::from(&*field.name), value);
                    self.fields(record, entries, "field", named)
                        .map(Val::Record)
                }
                Shape::Map(map) if map.key == Shape::String => self.map(map, entries),
                Shape::Variant(variant) => self.variant(variant, &mut entries),
                Shape::Option(inner) if inner.is_option() => self.some(inner, &mut entries),
                Shape::Result(pair) => self.result(pair, &mut entries),
                _ => Err(self.wrong("an object")),
            },
        }
    }

    fn item<'de, A: SeqAccess<'de>>(
        self,
        items: &mut A,
        shape: &'s Shape,
        place: usize,
    ) -> Result<Option<Val>, A::Error> {
        items
            .next_element_seed(self.inner(shape))
            .inspect_err(|_| self.context.trail.inside(Step::Index(place)))
    }

    fn list<'de, A: SeqAccess<'de>>(
        self,
        shape: &'s Shape,
        mut items: A,
    ) -> Result<Vec<Val>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = self.item(&mut items, shape, values.len())? {
            values.push(value);
        }
        Ok(values)
    }

    fn exactly<'de, A: SeqAccess<'de>>(
        self,
        shapes: impl Iterator<Item = &'s Shape>,
        mut items: A,
    ) -> Result<Vec<Val>, A::Error> {
        let mut values = Vec::new();
        for shape in shapes {
            match self.item(&mut items, shape, values.len())? {
                Some(value) => values.push(value),
                None => return Err(self.wrong(format_args!("an array of {}", values.len()))),
            }
        }
        match items.next_element::<IgnoredAny>()? {
            None => Ok(values),
            Some(_) => Err(self.wrong("a longer array")),
        }
    }

    fn flags<'de, A: SeqAccess<'de>>(
        self,
        names: &Arc<Names>,
        mut items: A,
    ) -> Result<Val, A::Error> {
        self.charge(names.len())?;
        let one = Shape::Enum(Arc::clone(names));
        let seed = Seed {
            want: Want::Shape(&one),
            context: self.context,
        };
        let (mut set, mut place) = (vec![false; names.len()], 0);
        while let Some(value) = seed.item(&mut items, &one, place)? {
            if let Val::Enum(name) = value
                && let Some(flag) = names.position(&name, place)
                && std::mem::replace(&mut set[flag], true)
            {
                return Err(self.fault(
                    "each name once".to_owned(),
                    format!("{} twice", quoted(&name)),
                    None,
                ));
            }
            place += 1;
        }
        let chosen = names.iter().zip(set).filter(|(_, set)| *set);
        Ok(Val::Flags(
            chosen.map(|(name, _)| name.to_owned()).collect(),
        ))
    }

    fn pairs<'de, A: SeqAccess<'de>>(self, map: &MapShape, mut items: A) -> Result<Val, A::Error> {
        let pair = Shape::tuple([map.key.clone(), map.value.clone()]);
        let seed = Seed {
            want: Want::Shape(&pair),
            context: self.context,
        };
        let mut entries = Vec::new();
        while let Some(value) = seed.item(&mut items, &pair, entries.len())? {
            if let Val::Tuple(both) = value
                && let Ok([key, value]) = <[Val; 2]>::try_from(both)
            {
                entries.push((key, value));
            }
        }
        self.without_doubles(map, entries)
    }

    fn map<'de, A: MapAccess<'de>>(
        self,
        map: &'s MapShape,
        mut object: A,
    ) -> Result<Val, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = object.next_key_seed(Key)? {
            self.charge(size_of::<Val>())?;
            let value = self.member(&mut object, &map.value, &key)?;
            entries.push((Val::String(key.into_owned()), value));
        }
        self.without_doubles(map, entries)
    }

    /// The map, unless a key comes twice: which of the two is meant cannot be known.
    fn without_doubles<E: Error>(self, map: &MapShape, entries: Vec<(Val, Val)>) -> Result<Val, E> {
        self.charge(entries.len() * size_of::<MapKey<'_>>())?;
        let mut seen = HashSet::with_capacity(entries.len());
        for (key, _) in &entries {
            let Ok(text) = MapKey::of(&map.key, key, self.context.memory.get()) else {
                return self.charge(usize::MAX).map(|()| Val::Map(Vec::new()));
            };
            self.charge(text.cost())?;
            if let Some(before) = seen.replace(text) {
                return Err(self.fault(
                    "each key once".to_owned(),
                    format!("the key {} twice", before.shown()),
                    None,
                ));
            }
        }
        drop(seen);
        Ok(Val::Map(entries))
    }

    fn member<'de, A: MapAccess<'de>>(
        self,
        object: &mut A,
        shape: &'s Shape,
        key: &str,
    ) -> Result<Val, A::Error> {
        self.member_of(object, Want::Shape(shape), key)
    }

    fn member_of<'de, A: MapAccess<'de>>(
        self,
        object: &mut A,
        want: Want<'s>,
        key: &str,
    ) -> Result<Val, A::Error> {
        let seed = Self { want, ..self };
        object
            .next_value_seed(seed)
            .inspect_err(|_| self.context.trail.inside(Step::Key(key.to_owned())))
    }

    /// The fields of a record or the arguments of a function, in any order, `option`s left out or not.
    fn fields<'de, A: MapAccess<'de>, T>(
        self,
        record: &'s RecordShape,
        mut object: A,
        what: &str,
        finish: impl Fn(&Field, Val) -> T,
    ) -> Result<Vec<T>, A::Error> {
        let fields = record.fields();
        self.charge(
            fields.len() * (size_of::<Option<Val>>() + size_of::<T>()) + record.names().bytes(),
        )?;
        let mut values: Vec<Option<Val>> = vec![None; fields.len()];
        let mut expected = 0;
        while let Some(key) = object.next_key_seed(Key)? {
            let place = record.names().position(&key, expected);
            let place = place.ok_or_else(|| self.unknown_key(what, &key, record.names()))?;
            if values[place].is_some() {
                return Err(self.fault(
                    format!("each {what} once"),
                    format!("`{key}` twice"),
                    None,
                ));
            }
            values[place] = Some(self.member(&mut object, &fields[place].shape, &key)?);
            expected = place + 1;
        }
        let complete = |(field, value): (&Field, Option<Val>)| match value {
            Some(value) => Ok(finish(field, value)),
            None if field.shape.is_option() => Ok(finish(field, Val::Option(None))),
            None => {
                let expected = format!("the required {what} `{}`", short(&field.name));
                Err(self.fault(expected, "an object without it".to_owned(), None))
            }
        };
        fields.iter().zip(values).map(complete).collect()
    }

    fn variant<'de, A: MapAccess<'de>>(
        self,
        variant: &'s VariantShape,
        object: &mut A,
    ) -> Result<Val, A::Error> {
        let key = self.only_key(object)?;
        let Some(case) = variant.case(&key) else {
            return Err(self.unknown_key("case", &key, variant.names()));
        };
        let Some(payload) = &case.payload else {
            let expected = format!("only the string {}, a case without payload", quoted(&key));
            return Err(self.fault(expected, "an object".to_owned(), None));
        };
        let value = self.member(object, payload, &key)?;
        self.no_more_keys(object)?;
        Ok(Val::Variant(key.into_owned(), Some(Box::new(value))))
    }

    fn some<'de, A: MapAccess<'de>>(
        self,
        inner: &'s Shape,
        object: &mut A,
    ) -> Result<Val, A::Error> {
        let key = self.only_key(object)?;
        if key != "some" {
            return Err(self.wrong(format_args!("an object with the key {}", quoted(&key))));
        }
        let value = self.member(object, inner, &key)?;
        self.no_more_keys(object)?;
        Ok(Val::Option(Some(Box::new(value))))
    }

    fn result<'de, A: MapAccess<'de>>(
        self,
        pair: &'s ResultPair,
        object: &mut A,
    ) -> Result<Val, A::Error> {
        let key = self.only_key(object)?;
        let side = match &*key {
            "ok" => &pair.ok,
            "err" => &pair.err,
            _ => return Err(self.wrong(format_args!("an object with the key {}", quoted(&key)))),
        };
        let value = self.member_of(object, side.as_ref().map_or(Want::Null, Want::Shape), &key)?;
        self.no_more_keys(object)?;
        let payload = side.is_some().then(|| Box::new(value));
        Ok(Val::Result(if key == "ok" {
            Ok(payload)
        } else {
            Err(payload)
        }))
    }

    fn only_key<'de, A: MapAccess<'de>>(self, object: &mut A) -> Result<Cow<'de, str>, A::Error> {
        object
            .next_key_seed(Key)?
            .ok_or_else(|| self.wrong("an empty object"))
    }

    fn no_more_keys<'de, A: MapAccess<'de>>(self, object: &mut A) -> Result<(), A::Error> {
        match object.next_key_seed(Key)? {
            None => Ok(()),
            Some(key) => Err(self.wrong(format_args!(
                "an object with the further key {}",
                quoted(&key)
            ))),
        }
    }
}

/// The key of an object, borrowed from the text where it holds no escape.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Self::Value, D::Error> {
        parser.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
