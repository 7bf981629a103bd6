//! The entities that policies look at: the operator's, and the gateway's own actions and groups.

use std::collections::HashSet;
use std::sync::Arc;

use bailiwick_core::{Action, Class, Effect, Link, Question, Resource};
use cedar_policy_core::ast::{Eid, Entity, EntityType, EntityUID};
use cedar_policy_core::entities::{Dereference, Entities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::extensions::Extensions;
use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::entities_file::entities;
use super::known::Facts;
use super::names::{CORE_WORDS, DISCOVER, Types, groups_of, groups_of_effect, kind};
use super::parse::Fault;
use super::things;

/// An entity's name, cheap to clone.
pub(crate) type Uid = Arc<EntityUID>;

/// An entity of a question, with the number of its type.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// The entity.
    pub(crate) uid: Uid,
    pub(super) kind: u32,
}

impl Named {
    /// Its id within its type.
    pub(super) fn id(&self) -> &str {
        self.uid.eid().as_ref()
    }
}

/// The entities, closed under parenthood, and the names that questions are put in.
#[derive(Debug)]
pub(crate) struct Store {
    entities: Entities,
    /// The gateway's own entities and those of the operator's file: all that can be a principal, an
    /// action or what is called, however many things there are facts about.
    listed: HashSet<EntityUID>,
    types: Types,
    kinds: Kinds,
}

/// One value for each entity type, by name. Equal types are then the same in memory, so that
/// comparing them does not have to look, and arguments can name them without parsing.
#[derive(Debug, Default)]
struct Kinds(FxHashMap<String, EntityType>);

impl Kinds {
    fn canonical(&mut self, kind: &EntityType) -> EntityType {
        self.0.entry(kind.to_string()).or_insert_with(|| kind.clone()).clone()
    }

    fn rebuilt(&mut self, entity: Entity) -> Entity {
        let mut again = |it: &EntityUID| uid(&self.canonical(it.entity_type()), it.eid().as_ref());
        let itself = again(entity.uid());
        let parents: HashSet<_> = entity.parents().map(&mut again).collect();
        let (_, attrs, _, _, tags) = entity.into_inner();
        Entity::new_with_attr_partial_value(itself, attrs, HashSet::new(), parents, tags)
    }
}

impl Store {
    /// The gateway's own entities and those of a file, with what is known of things besides.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub(crate) fn load(file: Option<&str>, facts: &Facts) -> Result<Self, Vec<Fault>> {
        let listed = file.map_or_else(|| Ok(Vec::new()), entities)?;
        let types = Types::new().ok_or_else(|| whole_file("Cedar refuses the model's names"))?;
        let mut kinds = Kinds::default();
        types.in_order().into_iter().for_each(|it| drop(kinds.canonical(it)));
        // Things are not made anew: whatever names one of their types names it as they do.
        facts.things.kinds().for_each(|it| drop(kinds.canonical(it)));
        let listed = listed.into_iter().map(|(at, entity)| joined(at, entity, facts));
        let listed = listed.collect::<Result<Vec<_>, _>>().map_err(|it| vec![it])?;
        let all: Vec<_> =
            own(&types).into_iter().chain(listed).map(|it| kinds.rebuilt(it)).collect();
        let listed: HashSet<_> = all.iter().map(|it| it.uid().clone()).collect();
        let entities = Entities::from_entities(
            all,
            None::<&NoEntitiesSchema>,
            TCComputation::ComputeNow,
            Extensions::all_available(),
        )
        .map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            whole_file(&cause.map_or_else(|| error.to_string(), |it| format!("{error}: {it}")))
        })?;
        let things = facts.things.without(&listed);
        let computed = TCComputation::AssumeAlreadyComputed;
        let extensions = Extensions::all_available();
        let entities = entities
            .add_entities(things, None::<&NoEntitiesSchema>, computed, extensions)
            .map_err(|error| whole_file(&error.to_string()))?;
        Ok(Self { entities, listed, types, kinds })
    }

    /// A store of these entities and no others.
    #[cfg(test)]
    pub(super) fn of(entities: Entities) -> Self {
        let listed = entities.iter().map(|it| it.uid().clone()).collect();
        Self { entities, listed, types: Types::new().unwrap(), kinds: Kinds::default() }
    }

    pub(super) const fn entities(&self) -> &Entities {
        &self.entities
    }

    pub(super) const fn types(&self) -> &Types {
        &self.types
    }

    /// The names of the model's types and of those in the operator's file.
    pub(super) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.0.keys().map(String::as_str)
    }

    pub(super) fn knows(&self, kind: &str) -> bool {
        self.kinds.0.contains_key(kind)
    }

    /// Whether the operator's file has this entity of type `Action`.
    pub(crate) fn has_action(&self, word: &str) -> bool {
        let uid = uid(&self.types.action, word);
        matches!(self.entities.entity(&uid), Dereference::Data(_))
            || self.listed().any(|it| it.is_descendant_of(&uid))
    }

    /// Every entity of the store but those that are known by facts alone.
    pub(super) fn uids(&self) -> impl Iterator<Item = &EntityUID> {
        self.listed.iter()
    }

    /// The same, with what the store says of them.
    pub(super) fn listed(&self) -> impl Iterator<Item = &Entity> {
        self.listed.iter().filter_map(|uid| self.known(uid))
    }

    fn known(&self, uid: &EntityUID) -> Option<&Entity> {
        match self.entities.entity(uid) {
            Dereference::Data(entity) => Some(entity),
            Dereference::NoSuchEntity | Dereference::Residual(_) => None,
        }
    }

    /// What a thing counts as by these attributes.
    pub(crate) fn classes<'a>(
        &self,
        (kind, id): (&str, &str),
        attributes: impl Iterator<Item = &'a String>,
    ) -> Vec<Class> {
        let uid = self.argument(kind, id);
        let entity = uid.and_then(|it| self.known(&it));
        attributes.map(|it| things::class(entity, it)).collect()
    }

    /// The groups that the entity is in according to the store.
    pub(super) fn ancestors(&self, uid: &EntityUID) -> impl Iterator<Item = &EntityUID> {
        self.known(uid).into_iter().flat_map(Entity::ancestors)
    }

    /// One link of a chain.
    pub(crate) fn link(&self, link: &Link) -> Named {
        match link {
            Link::Person(person) => self.entity(kind::PERSON, person.as_str()),
            Link::Agent(agent) => self.entity(kind::AGENT, agent.as_str()),
            Link::System(purpose) => self.entity(kind::SYSTEM, purpose.as_str()),
            Link::Server(server) => self.entity(kind::SERVER, server.as_str()),
        }
    }

    /// What is acted on, and the server that it is in: itself when it is a server.
    pub(crate) fn resource(&self, resource: &Resource) -> (Named, Named) {
        let server = resource.server().as_str();
        let parent = self.entity(kind::SERVER, server);
        let within = |kind, name: &str| self.entity(kind, format_smolstr!("{server}/{name}"));
        let itself = match resource {
            Resource::Server(_) => parent.clone(),
            Resource::Tool { name, .. } => within(kind::TOOL, name),
            Resource::Prompt { name, .. } => within(kind::PROMPT, name),
            Resource::Document { uri, .. } => within(kind::DOCUMENT, uri),
            Resource::Template { uri, .. } => within(kind::TEMPLATE, uri),
            Resource::Model { name, .. } => within(kind::MODEL, name),
            Resource::State { name, .. } => within(kind::STATE, name),
            Resource::Client { .. } => self.entity(kind::CLIENT, server),
            Resource::Method { name, .. } => within(kind::METHOD, name),
        };
        (itself, parent)
    }

    /// The action of a question, and the entity that stands for its groups: itself when it is not
    /// a tool's.
    pub(crate) fn action(&self, question: &Question<'_>) -> (Named, Named) {
        match (question.action, question.resource) {
            (Action::InvokeTool, Resource::Tool { server, name }) => {
                let effect = question.call.map_or(Effect::Unknown, |call| call.effect());
                let action = self.entity(kind::ACTION, format_smolstr!("{server}/{name}"));
                (action, self.entity(kind::CLASS, effect.as_str()))
            }
            (action, _) => {
                let action = self.entity(kind::ACTION, action.as_str());
                (action.clone(), action)
            }
        }
    }

    /// The action of the verb `discover`, twice: it is in no group.
    pub(crate) fn discover(&self) -> (Named, Named) {
        let action = self.entity(kind::ACTION, DISCOVER);
        (action.clone(), action)
    }

    fn entity(&self, number: u32, id: impl Into<SmolStr>) -> Named {
        let types = &self.types;
        let of_type = match number {
            kind::PERSON => &types.person,
            kind::AGENT => &types.agent,
            kind::SYSTEM => &types.system,
            kind::SERVER => &types.server,
            kind::TOOL => &types.tool,
            kind::PROMPT => &types.prompt,
            kind::DOCUMENT => &types.document,
            kind::TEMPLATE => &types.template,
            kind::CLIENT => &types.client,
            kind::METHOD => &types.method,
            kind::MODEL => &types.model,
            kind::ACTION => &types.action,
            _ => &types.class,
        };
        Named { uid: Arc::new(uid(of_type, id)), kind: number }
    }

    /// The entity that an argument names; `None` when its type is not one that Cedar can have, or
    /// is one of ours.
    pub(super) fn argument(&self, kind: &str, id: &str) -> Option<EntityUID> {
        let kind = match self.kinds.0.get(kind) {
            Some(kind) => kind.clone(),
            None => kind.parse().ok()?,
        };
        let ours = kind.is_action() || kind == self.types.class;
        (!ours).then(|| uid(&kind, id))
    }

    /// The same entity, its type as this store has it.
    pub(super) fn canonical(&self, it: &EntityUID) -> EntityUID {
        let kind = self.kinds.0.get(&it.entity_type().to_string());
        uid(kind.unwrap_or(it.entity_type()), it.eid().as_ref())
    }
}

/// What the operator's file says of an entity, and what facts say of it besides. One of the two
/// says what an attribute is: nobody could tell which of them holds.
fn joined(offset: usize, entity: Entity, facts: &Facts) -> Result<Entity, Fault> {
    let kind = entity.uid().entity_type().to_string();
    let said_by = |name: &SmolStr| facts.origin(&kind, name);
    if let Some((name, source)) = entity.keys().find_map(|it| Some((it, said_by(it)?))) {
        return Err(Fault {
            offset,
            message: format!("{}: `{name}` is said here and by [facts.{source}]", entity.uid()),
            help: Some("take it out of one of the two".to_owned()),
        });
    }
    Ok(match facts.things.get(entity.uid()) {
        None => entity,
        Some(thing) => {
            let said = thing.attrs().map(|(name, value)| (name.clone(), value.clone()));
            things::with(&entity, said)
        }
    })
}

fn uid(kind: &EntityType, id: impl Into<SmolStr>) -> EntityUID {
    EntityUID::from_components(kind.clone(), Eid::new(id), None)
}

/// The gateway's own entities: its actions, and one class for each effect of a tool.
fn own(types: &Types) -> Vec<Entity> {
    let entity = |itself: EntityUID, groups: &[&str]| {
        let parents: HashSet<_> = groups.iter().map(|group| uid(&types.action, *group)).collect();
        Entity::new_with_attr_partial_value(itself, [], HashSet::new(), parents, [])
    };
    let classes = Effect::ALL
        .into_iter()
        .map(|effect| entity(uid(&types.class, effect.as_str()), groups_of_effect(effect)));
    let actions = CORE_WORDS
        .into_iter()
        .map(|action| entity(uid(&types.action, action.as_str()), groups_of(action)));
    classes.chain(actions).chain([entity(uid(&types.action, DISCOVER), &[])]).collect()
}

fn whole_file(message: &str) -> Vec<Fault> {
    let help = "no entity may be its own ancestor, and none may be listed twice".to_owned();
    vec![Fault { offset: 0, message: message.to_owned(), help: Some(help) }]
}
