//! The effective model of a POM: profiles, inheritance, interpolation, BOM imports and dependency management, in the
//! order of Maven's model builder (maven.apache.org/ref, "Maven Model Builder").

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::interpolate::{PROJECT_VALUES, Values};
use super::pom::{Base, Dependency, Plugin, Pom};
use super::profile::{self, Active};
use super::repository::{Gav, PARENTS_MAX, Repository, Source, dir_of};
use crate::model::Location;

/// A POM after everything that can be known about it was applied.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
    /// With management applied; own ones first, then the parents'.
    pub(super) dependencies: Vec<Arc<Dependency>>,
    /// By [`Dependency::key`].
    pub(super) managed: HashMap<Arc<str>, Arc<Dependency>>,
    /// The POM's own plugins, reports and extensions, with versions from plugin management.
    pub(super) plugins: Vec<Plugin>,
    /// What this POM itself manages, BOM imports included.
    pub(super) own_managed: Vec<Arc<Dependency>>,
    pub(super) own_managed_plugins: Vec<Plugin>,
    pub(super) modules: Vec<String>,
    /// The nearest POM's that has any.
    pub(super) licenses: Vec<(String, Location)>,
    /// Parents and BOMs that were not found: `parent example.demo:base:1`.
    pub(super) missing: Vec<String>,
    /// Declared again further down in the same file; Maven takes the last.
    pub(super) overridden: Vec<Arc<Dependency>>,
    /// Its own profiles that have dependencies and are not taken by every build without flags: whether this model takes
    /// them, and their lines.
    pub(super) profiles: Vec<OwnProfile>,
    pub(super) relocation: Option<Gav>,
}

/// A profile whose dependencies not every build takes.
#[derive(Debug)]
pub(super) struct OwnProfile {
    pub(super) id: String,
    pub(super) line: u32,
    pub(super) is_active: bool,
}

impl Dependency {
    /// What makes two declarations the same one (`Dependency.getManagementKey`).
    pub(super) fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// To be called where a text that the key is made of has changed.
    pub(super) fn set_key(&mut self) {
        self.key = [&self.group, ":", &self.artifact, ":", self.kind_or_jar(), ":", &self.classifier]
            .concat()
            .into();
    }

    /// All texts that may hold expressions.
    pub(super) fn texts(&self) -> impl Iterator<Item = &String> {
        let own = [
            &self.group,
            &self.artifact,
            &self.version,
            &self.kind,
            &self.classifier,
            &self.scope,
            &self.optional,
        ];
        own.into_iter().chain(self.exclusions.iter().flat_map(|(g, a)| [g, a]))
    }

    pub(super) fn kind_or_jar(&self) -> &str {
        if self.kind.is_empty() { "jar" } else { &self.kind }
    }

    /// File extension and classifier that its type stands for ("Artifact handlers reference").
    pub(super) fn file(&self) -> (&str, &str) {
        let classifier = self.classifier.as_str();
        let or = |default| if classifier.is_empty() { default } else { classifier };
        match self.kind_or_jar() {
            "maven-plugin" | "ejb" | "bundle" => ("jar", classifier),
            "test-jar" => ("jar", or("tests")),
            "ejb-client" => ("jar", or("client")),
            "java-source" => ("jar", or("sources")),
            "javadoc" => ("jar", or("javadoc")),
            other => (other, classifier),
        }
    }

    /// What makes two dependencies of a graph the same artifact in perhaps another version.
    pub(super) fn artifact_key(&self) -> Arc<str> {
        let (extension, classifier) = self.file();
        if (extension, classifier) == (self.kind_or_jar(), self.classifier.as_str()) {
            return Arc::clone(&self.key);
        }
        [&self.group, ":", &self.artifact, ":", extension, ":", classifier].concat().into()
    }

    /// Archives that hold their dependencies inside: these are no business of whoever needs the archive.
    pub(super) fn holds_dependencies(&self) -> bool {
        matches!(self.kind.as_str(), "war" | "ear" | "rar" | "par")
    }

    pub(super) fn is_import(&self) -> bool {
        self.scope == "import" && self.kind == "pom"
    }

    /// Takes what it does not say itself from its management. `optional` is not managed.
    fn inject(self: &mut Arc<Self>, managed: &Self) {
        let lacks = |own: &String, from: &String| own.is_empty() && !from.is_empty();
        if lacks(&self.version, &managed.version) {
            Arc::make_mut(self).version.clone_from(&managed.version);
        }
        if lacks(&self.scope, &managed.scope) {
            Arc::make_mut(self).scope.clone_from(&managed.scope);
        }
        if self.exclusions.is_empty() && !managed.exclusions.is_empty() {
            Arc::make_mut(self).exclusions.clone_from(&managed.exclusions);
        }
    }

    /// The same one where it holds no expressions, as most do.
    fn resolved(self: &Arc<Self>, values: &Values) -> Arc<Self> {
        if self.is_raw { Arc::new(self.interpolated(values)) } else { Arc::clone(self) }
    }

    fn interpolated(&self, values: &Values) -> Self {
        let mut out = Self {
            group: values.apply(&self.group),
            artifact: values.apply(&self.artifact),
            version: values.apply(&self.version),
            kind: values.apply(&self.kind),
            classifier: values.apply(&self.classifier),
            scope: values.apply(&self.scope),
            optional: values.apply(&self.optional),
            exclusions: self.exclusions.iter().map(|(g, a)| (values.apply(g), values.apply(a))).collect(),
            path: Arc::clone(&self.path),
            line: self.line,
            ..Self::default()
        };
        out.set_key();
        out
    }
}

impl Plugin {
    fn interpolated(&self, values: &Values) -> Self {
        Self {
            group: values.apply(&self.group),
            artifact: values.apply(&self.artifact),
            version: values.apply(&self.version),
            dependencies: self.dependencies.iter().map(|one| one.interpolated(values)).collect(),
            line: self.line,
        }
    }
}

/// A POM of a lineage with the profiles that are active in it.
struct Level {
    pom: Arc<Pom>,
    path: String,
    active: Vec<Active>,
}

impl Level {
    /// The POM's own part, then those of its active profiles.
    fn bases(&self) -> impl DoubleEndedIterator<Item = &Base> {
        let profiles = self.active.iter().filter_map(|one| self.pom.profiles.get(one.at));
        std::iter::once(&self.pom.base).chain(profiles.map(|profile| &profile.base))
    }
}

impl Repository<'_> {
    /// The effective model; an empty one where there is no such POM or its BOMs lead back to it.
    pub(super) fn model(&mut self, source: &Source) -> Arc<Model> {
        if let Some(known) = self.models.get(source) {
            return Arc::clone(known);
        }
        // BOMs nest a few levels deep; the bound keeps the stack safe from chains made for it.
        if self.opening.len() > PARENTS_MAX || !self.opening.insert(source.clone()) {
            return Arc::default();
        }
        let model = Arc::new(self.build(source));
        self.opening.remove(source);
        self.models.insert(source.clone(), Arc::clone(&model));
        model
    }

    fn build(&mut self, source: &Source) -> Model {
        let mut model = Model::default();
        let levels = self.lineage(source, &mut model.missing);
        let Some(own) = levels.first() else { return model };
        let values = values(&levels);
        let of_project = |name: &str| values.apply(&format!("${{project.{name}}}"));
        (model.group, model.artifact, model.version) =
            (of_project("groupId"), of_project("artifactId"), of_project("version"));
        self.manage(managed(&levels, &values), &mut model);
        (model.dependencies, model.overridden) = dependencies(&levels, &values);
        for one in &mut model.dependencies {
            if let Some(managed) = model.managed.get(one.key()) {
                one.inject(managed);
            }
        }
        if let Source::Tree(_) = source {
            let managed = own.bases().flat_map(|base| &base.managed);
            model.own_managed = managed.map(|one| one.resolved(&values)).collect();
            let managed = own.bases().flat_map(|base| &base.managed_plugins);
            model.own_managed_plugins = managed.map(|one| one.interpolated(&values)).collect();
            model.plugins = plugins(&levels, &values);
            model.modules = own.bases().flat_map(|base| &base.modules).map(|one| values.apply(one)).collect();
        }
        if let Some(level) = levels.iter().find(|level| !level.pom.licenses.is_empty()) {
            let at = |line: u32| Location::new(level.path.as_str(), line);
            model.licenses =
                level.pom.licenses.iter().map(|(text, line)| (values.apply(text), at(*line))).collect();
        }
        model.profiles = own_profiles(own);
        model.relocation = own.pom.relocation.as_ref().map(|to| {
            let or = |at: usize, own: &str| {
                to.get(at)
                    .map(|text| values.apply(text))
                    .filter(|text| !text.is_empty())
                    .unwrap_or(own.to_owned())
            };
            Gav {
                group: or(0, &model.group),
                artifact: or(1, &model.artifact),
                version: or(2, &model.version),
            }
        });
        model
    }

    /// The POM and its parents, nearest first.
    fn lineage(&mut self, source: &Source, missing: &mut Vec<String>) -> Vec<Level> {
        let mut levels = Vec::new();
        let mut seen = HashSet::new();
        let mut next = Some(source.clone());
        // A parent's conditions on files are about the project that is built, not about the parent's directory.
        let home = match source {
            Source::Tree(at) => self.tree.get(*at).map(|one| dir_of(&one.path).to_owned()),
            Source::Cached(_) => None,
        };
        while let Some(source) = next.take() {
            if levels.len() >= PARENTS_MAX || !seen.insert(source.clone()) {
                missing.push("an end of the chain of parents: it is cyclic or too long".to_owned());
                break;
            }
            let Some(pom) = self.pom(&source) else { break };
            let path = match &source {
                Source::Tree(at) => self.tree.get(*at).map(|one| one.path.to_string()).unwrap_or_default(),
                Source::Cached(_) => pom.cached_at.to_string(),
            };
            if let Some(parent) = &pom.parent {
                match self.parent(&source, parent) {
                    Ok(found) => next = Some(found),
                    Err(named) => missing.push(format!("parent {named}")),
                }
            }
            let active = profile::active(&pom, &|path| self.exists(home.as_deref(), path));
            levels.push(Level { pom, path, active });
        }
        levels
    }

    /// Own management first, then the imported BOMs' in their order; the first statement about a key wins.
    fn manage(&mut self, declared: Vec<Arc<Dependency>>, model: &mut Model) {
        let mut imports = Vec::new();
        for one in declared {
            if one.is_import() {
                imports.push(one);
            } else {
                model.managed.entry(Arc::clone(one.key())).or_insert(one);
            }
        }
        for bom in imports {
            let gav = Gav {
                group: bom.group.clone(),
                artifact: bom.artifact.clone(),
                version: bom.version.clone(),
            };
            let source = match self.in_tree(&gav, &bom.path) {
                Some(at) => Source::Tree(at),
                None => Source::Cached(gav.clone()),
            };
            if self.pom(&source).is_none() {
                model.missing.push(format!("BOM {gav}"));
                continue;
            }
            let imported = self.model(&source);
            model.missing.extend(imported.missing.iter().map(|what| format!("{what} of BOM {gav}")));
            // Every entry has its own key, so the order of this loop does not show.
            #[expect(
                clippy::iter_over_hash_type,
                reason = "keys are distinct, the result does not depend on order"
            )]
            for (key, one) in &imported.managed {
                model.managed.entry(Arc::clone(key)).or_insert_with(|| Arc::clone(one));
            }
        }
    }

    /// The tree's own POM of these coordinates; of several the one nearest to `path`.
    pub(super) fn in_tree(&mut self, gav: &Gav, path: &str) -> Option<usize> {
        let candidates = self.named(&gav.artifact).to_vec();
        let mut found = Vec::new();
        for at in candidates {
            let (group, version) = self.own_group_and_version(at);
            if group == gav.group && version == gav.version {
                found.push(at);
            }
        }
        super::repository::nearest(&self.tree, path, &found)
    }

    /// Group and version of a POM of the tree without building its whole model, which may be what is being done.
    fn own_group_and_version(&mut self, at: usize) -> (String, String) {
        if let Some(known) = self.names.get(&at) {
            return known.clone();
        }
        let levels = self.lineage(&Source::Tree(at), &mut Vec::new());
        let values = values(&levels);
        let known = (values.apply("${project.groupId}"), values.apply("${project.version}"));
        self.names.insert(at, known.clone());
        known
    }
}

fn own_profiles(own: &Level) -> Vec<OwnProfile> {
    let profiles = own.pom.profiles.iter().enumerate();
    profiles
        .filter(|(_, profile)| !profile.base.dependencies.is_empty())
        .filter_map(|(at, profile)| {
            let active = own.active.iter().find(|one| one.at == at);
            let left = OwnProfile { id: profile.id.clone(), line: profile.line, is_active: active.is_some() };
            active.is_none_or(|one| !one.certain).then_some(left)
        })
        .collect()
}

/// What expressions stand for: the nearest level's properties win, and a profile's over its POM's.
fn values(levels: &[Level]) -> Values {
    let mut values = Values::default();
    for base in levels.iter().flat_map(|level| level.bases().rev()) {
        // A property given twice in one POM keeps the last value.
        for (name, value) in base.properties.iter().rev() {
            values.properties.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    let Some(own) = levels.first() else { return values };
    let parent = own.pom.parent.clone().unwrap_or_default();
    let or = |own: &str, parent: &str| if own.is_empty() { parent.to_owned() } else { own.to_owned() };
    let packaging = or(&own.pom.packaging, "jar");
    let all = [
        or(&own.pom.group, &parent.group),
        own.pom.artifact.clone(),
        or(&own.pom.version, &parent.version),
        packaging,
        parent.group,
        parent.artifact,
        parent.version,
    ];
    values.project = PROJECT_VALUES.iter().copied().zip(all).collect();
    values
}

/// Dependencies of all levels, interpolated. Within a POM the last declaration of a key stands, at the place of the
/// first; a profile's replaces its POM's; a child's stands before its parents'. Second: what a later declaration in the
/// same list replaced by another version.
fn dependencies(levels: &[Level], values: &Values) -> (Vec<Arc<Dependency>>, Vec<Arc<Dependency>>) {
    let mut out: Vec<Arc<Dependency>> = Vec::new();
    let mut overridden = Vec::new();
    let mut place: HashMap<Arc<str>, (usize, usize, usize)> = HashMap::new();
    for (depth, level) in levels.iter().enumerate() {
        for (base, one) in level
            .bases()
            .enumerate()
            .flat_map(|(at, base)| base.dependencies.iter().map(move |one| (at, one)))
        {
            let one = one.resolved(values);
            let key = Arc::clone(one.key());
            match place.get(&key).copied() {
                None => {
                    place.insert(key, (depth, base, out.len()));
                    out.push(one);
                }
                Some((at_depth, at_base, at)) if at_depth == depth => {
                    let Some(slot) = out.get_mut(at) else { continue };
                    let old = std::mem::replace(slot, one);
                    if depth == 0 && at_base == base && old.version != slot.version {
                        overridden.push(old);
                    }
                    place.insert(key, (depth, base, at));
                }
                Some(_) => {}
            }
        }
    }
    (out, overridden)
}

/// Managed dependencies of all levels, interpolated, a child's before its parents'. What one POM says twice counts the
/// first time where its list is alone, and the last time where the list is merged with a profile's or a parent's.
fn managed(levels: &[Level], values: &Values) -> Vec<Arc<Dependency>> {
    let mut out: Vec<Arc<Dependency>> = Vec::new();
    let mut place: HashMap<Arc<str>, (usize, usize)> = HashMap::new();
    for (depth, level) in levels.iter().enumerate() {
        let above = levels.iter().skip(depth + 1).flat_map(Level::bases);
        let is_merged = level.bases().skip(1).chain(above).any(|base| !base.managed.is_empty());
        for one in level.bases().flat_map(|base| &base.managed) {
            let one = one.resolved(values);
            let key = Arc::clone(one.key());
            match place.get(&key).copied() {
                None => {
                    place.insert(key, (depth, out.len()));
                    out.push(one);
                }
                Some((at_depth, at)) if at_depth == depth && is_merged => {
                    if let Some(slot) = out.get_mut(at) {
                        *slot = one;
                    }
                }
                Some(_) => {}
            }
        }
    }
    out
}

/// The nearest POM's own plugins, with what plugin management of any level says of them.
fn plugins(levels: &[Level], values: &Values) -> Vec<Plugin> {
    let Some(own) = levels.first() else { return Vec::new() };
    let mut managed: HashMap<(String, String), Plugin> = HashMap::new();
    let above = levels.iter().skip(1).flat_map(|level| level.bases().flat_map(|base| &base.plugins));
    for one in
        levels.iter().flat_map(|level| level.bases().flat_map(|base| &base.managed_plugins)).chain(above)
    {
        let one = one.interpolated(values);
        let entry = managed.entry((one.group.clone(), one.artifact.clone())).or_default();
        if entry.version.is_empty() {
            entry.version.clone_from(&one.version);
        }
        entry.dependencies.extend(one.dependencies);
    }
    let mut out = Vec::new();
    for one in own.bases().flat_map(|base| &base.plugins) {
        let mut one = one.interpolated(values);
        if let Some(managed) = managed.get(&(one.group.clone(), one.artifact.clone())) {
            if one.version.is_empty() {
                one.version.clone_from(&managed.version);
            }
            let own_keys: HashSet<Arc<str>> =
                one.dependencies.iter().map(|one| Arc::clone(one.key())).collect();
            let more = managed.dependencies.iter().filter(|more| !own_keys.contains(more.key())).cloned();
            one.dependencies.extend(more);
        }
        out.push(one);
    }
    out
}
