//! Things of which sources of facts speak, as Cedar's entities.

use std::collections::HashSet;
use std::sync::Arc;

use bailiwick_core::{Class, Fact, Thing};
use cedar_policy_core::ast::{
    Eid, Entity, EntityType, EntityUID, Literal, PartialValue, Value, ValueKind,
};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::names::{CLASS_TYPE, Types};

/// The type of what holds every member of another.
const COLLECTION: &str = "Collection";

/// Entities by name; their attributes are all that is known of them.
#[derive(Debug, Default)]
pub(crate) struct Things {
    kinds: FxHashMap<Box<str>, EntityType>,
    by_uid: FxHashMap<EntityUID, Arc<Entity>>,
}

impl Things {
    /// The type of that name, if things may have it: not the gateway's own.
    pub(super) fn kind(name: &str) -> Option<EntityType> {
        let kind: EntityType = name.parse().ok()?;
        let model = Types::new()?;
        let is_ours = model.in_order().contains(&&kind)
            || kind.is_action()
            || name == COLLECTION
            || name == CLASS_TYPE
            || name.starts_with("Bailiwick::");
        (!is_ours).then_some(kind)
    }

    /// Take in what one source says of one thing. `None` when its type is none.
    pub(super) fn add(&mut self, thing: &Thing) -> Option<()> {
        let kind = match self.kinds.get(&thing.kind) {
            Some(kind) => kind.clone(),
            None => {
                let kind = Self::kind(&thing.kind)?;
                self.kinds.insert(thing.kind.clone(), kind.clone());
                kind
            }
        };
        let uid = EntityUID::from_components(kind, Eid::new(&*thing.id), None);
        let attributes =
            thing.attributes.iter().map(|(name, it)| (SmolStr::from(&**name), value(it)));
        let entity = match self.by_uid.get(&uid) {
            None => of(uid.clone(), attributes),
            Some(known) => with(known, attributes),
        };
        self.by_uid.insert(uid, Arc::new(entity));
        Some(())
    }

    pub(super) fn len(&self) -> usize {
        self.by_uid.len()
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = &EntityType> {
        self.kinds.values()
    }

    pub(super) fn get(&self, uid: &EntityUID) -> Option<&Entity> {
        self.by_uid.get(uid).map(Arc::as_ref)
    }

    /// Those of which the operator's file does not speak, too.
    pub(super) fn without<'a>(
        &'a self,
        listed: &'a HashSet<EntityUID>,
    ) -> impl Iterator<Item = Arc<Entity>> + 'a {
        self.by_uid.iter().filter(|(uid, _)| !listed.contains(uid)).map(|(_, it)| Arc::clone(it))
    }
}

fn of(uid: EntityUID, attributes: impl Iterator<Item = (SmolStr, PartialValue)>) -> Entity {
    Entity::new_with_attr_partial_value(uid, attributes, HashSet::new(), HashSet::new(), [])
}

/// The same entity with more attributes.
pub(super) fn with(
    entity: &Entity,
    attributes: impl Iterator<Item = (SmolStr, PartialValue)>,
) -> Entity {
    let own = entity.attrs().map(|(name, value)| (name.clone(), value.clone()));
    let tags = entity.tags().map(|(name, value)| (name.clone(), value.clone()));
    let parents = entity.parents().cloned().collect();
    let uid = entity.uid().clone();
    let all: Vec<_> = own.chain(attributes).collect();
    Entity::new_with_attr_partial_value(uid, all, HashSet::new(), parents, tags.collect::<Vec<_>>())
}

fn value(fact: &Fact) -> PartialValue {
    PartialValue::Value(match fact {
        Fact::Flag(it) => Value::from(*it),
        Fact::Number(it) => Value::from(*it),
        Fact::Text(it) => Value::from(SmolStr::from(&**it)),
    })
}

/// What an entity counts as by one of its attributes, for the record.
pub(super) fn class(entity: Option<&Entity>, attribute: &str) -> Class {
    let value = match entity.and_then(|it| it.get(attribute)) {
        Some(PartialValue::Value(Value { value: ValueKind::Lit(literal), .. })) => match literal {
            Literal::Bool(it) => Some(it.to_string()),
            Literal::Long(it) => Some(it.to_string()),
            Literal::String(it) => Some(it.to_string()),
            Literal::EntityUID(it) => Some(it.eid().as_ref().to_owned()),
        },
        // Sets, records and extensions have no short form.
        Some(PartialValue::Value(_) | PartialValue::Residual(_)) | None => None,
    };
    Class::new(attribute, value.as_deref())
}
