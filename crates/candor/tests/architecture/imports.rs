//! Which file of a crate takes something from which other file of it, and which do so in a cycle.
//!
//! An arrow goes from a file to the one that *has* what it names: a name that a module only hands
//! on (`pub use`) leads to where it comes from. Names are followed through `use`, and wherever a
//! path stands in the code, such as `report::summary(…)`.
//!
//! A module that is nested in another is a part of it, and Rust lets it see even what is private
//! there. So an arrow from a file to one that it is nested in does not count, and one into a part
//! does: what goes in a cycle among parts, or from one room to another and back, is found, but not
//! that a part and its whole know each other.
//!
//! What it does not see: names that macros make, and methods, which need no import.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::tokens::{Token, is_word, tokens};

/// The way to a module or an item, from the root of its crate.
type Way = Vec<String>;

/// Arrows: from a file to the files that it takes something from, and what that is.
pub(crate) type Arrows = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// A module that has a file of its own.
#[derive(Default)]
struct Module {
    /// Its file, below `src`.
    file: String,
    /// The modules nested in it.
    children: BTreeSet<String>,
    /// What names mean here that `use` brings, as it is written.
    brought: BTreeMap<String, Way>,
    /// What names mean that it brings for others as well.
    handed_on: BTreeSet<String>,
    /// The modules of which it brings all names.
    globs: Vec<Way>,
    /// The names that it defines.
    defined: BTreeSet<String>,
    /// All ways that stand in the code behind the imports; of one word, too.
    ways: BTreeSet<Way>,
}

/// The modules of a crate.
pub(crate) struct House {
    modules: BTreeMap<Way, Module>,
}

impl House {
    /// Reads the sources of a crate, from `lib.rs` or `main.rs` on.
    pub(crate) fn read(src: &Path) -> House {
        let root = ["lib.rs", "main.rs"].into_iter().find(|name| src.join(name).exists());
        let mut house = House { modules: BTreeMap::new() };
        house.add(src, vec![], src.join(root.expect("a crate has a root")));
        house
    }

    fn add(&mut self, src: &Path, way: Way, file: PathBuf) {
        let module = Module::of(&file, src);
        for child in &module.children {
            let folder = way.iter().fold(src.to_owned(), |folder, name| folder.join(name));
            let files = [folder.join(format!("{child}.rs")), folder.join(child).join("mod.rs")];
            let found = files.into_iter().find(|file| file.exists());
            let found = found.unwrap_or_else(|| panic!("{}: no file for {child}", file.display()));
            self.add(src, [&way[..], std::slice::from_ref(child)].concat(), found);
        }
        self.modules.insert(way, module);
    }

    /// All arrows but those from a part to its whole.
    pub(crate) fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (from, module) in &self.modules {
            let taken = module.brought.iter().filter(|(name, _)| !module.handed_on.contains(*name));
            for way in taken.map(|(_, way)| way).chain(&module.ways) {
                let Some((to, name)) = self.absolute(from, way).and_then(|way| self.home(&way))
                else {
                    continue;
                };
                if !from.starts_with(&to) {
                    let of_file = arrows.entry(module.file.clone()).or_default();
                    of_file.entry(self.modules[&to].file.clone()).or_default().insert(name);
                }
            }
        }
        arrows
    }

    /// A way from the root, for one that stands in a module; `None`: it leads out of the crate.
    fn absolute(&self, from: &Way, way: &[String]) -> Option<Way> {
        let module = &self.modules[from];
        let (first, rest) = way.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([from, rest].concat()),
            "super" => {
                let parent = from[..from.len().checked_sub(1)?].to_vec();
                match rest.first().map(String::as_str) {
                    Some("super") => self.absolute(&parent, rest),
                    _ => Some([&parent, rest].concat()),
                }
            }
            name if module.children.contains(name) => Some([from, way].concat()),
            name => match module.brought.get(name) {
                // `use name::…` speaks of another crate, unless it is a child's.
                Some(brought) if brought.first() == Some(first) => None,
                Some(brought) => self.absolute(from, &[brought, rest].concat()),
                None => Some([&self.all_of(from, name)?[..], way].concat()),
            },
        }
    }

    /// The module that has the item at the end of a way, and the item's name. `None`: the way ends
    /// at a module, or outside.
    fn home(&self, way: &[String]) -> Option<(Way, String)> {
        let mut at: Way = vec![];
        for (place, name) in way.iter().enumerate() {
            let module = &self.modules[&at];
            if module.children.contains(name) {
                at.push(name.clone());
                continue;
            }
            let rest = &way[place + 1..];
            if let Some(brought) = module.brought.get(name) {
                return self.home(&self.absolute(&at, &[brought, rest].concat())?);
            }
            return Some((self.all_of(&at, name).unwrap_or(at), name.clone()));
        }
        None
    }

    /// The module that defines a name which `use …::*` brings into another.
    fn all_of(&self, into: &Way, name: &str) -> Option<Way> {
        let defines = |whole: &Way| {
            whole != into && self.modules.get(whole).is_some_and(|m| m.defined.contains(name))
        };
        let module = &self.modules[into];
        // All names of another crate are nobody's here.
        let is_ours = |glob: &&Way| {
            let first = &glob[0];
            ["crate", "self", "super"].contains(&first.as_str()) || module.children.contains(first)
        };
        let globs = module.globs.iter().filter(is_ours);
        globs.filter_map(|glob| self.absolute(into, glob)).find(defines)
    }
}

impl Module {
    fn of(file: &Path, src: &Path) -> Module {
        let source = fs::read_to_string(file).unwrap();
        let name = file.strip_prefix(src).unwrap().to_str().unwrap().to_owned();
        let mut module = Module { file: name, ..Module::default() };
        module.read(&tokens(&source));
        module
    }

    fn read(&mut self, tokens: &[Token]) {
        const DEFINE: [&str; 8] =
            ["struct", "enum", "trait", "fn", "type", "const", "static", "union"];
        let (mut at, mut is_handed_on) = (0, false);
        while at < tokens.len() {
            match tokens[at].as_str() {
                "pub" => {
                    is_handed_on = true;
                    // Who may see it stands in brackets: pub(crate).
                    at += if tokens.get(at + 1).is_some_and(|next| next == "(") { 4 } else { 1 };
                    continue;
                }
                "mod" if tokens.get(at + 2).is_some_and(|end| end == ";") => {
                    self.children.insert(tokens[at + 1].clone());
                    at += 2;
                }
                "use" => at += self.bring(&tokens[at + 1..], is_handed_on),
                word if DEFINE.contains(&word) => {
                    self.defined.extend(tokens.get(at + 1).cloned());
                }
                word if is_word(word) => at += self.way(tokens, at),
                _ => {}
            }
            is_handed_on = false;
            at += 1;
        }
        // What is handed on and used here as well is an import like any other.
        let ways = &self.ways;
        self.handed_on.retain(|name| !ways.contains(&vec![name.clone()]));
    }

    /// Reads a way; gives how many tokens are behind its first.
    fn way(&mut self, tokens: &[Token], at: usize) -> usize {
        let mut way = vec![tokens[at].clone()];
        let mut end = at;
        while tokens.get(end + 1).is_some_and(|sign| sign == "::")
            && let Some(next) = tokens.get(end + 2).filter(|next| is_word(next))
        {
            way.push(next.clone());
            end += 2;
        }
        // `::name` is another crate's, `.name` a field's or a method's.
        if at == 0 || !matches!(tokens[at - 1].as_str(), "::" | ".") {
            self.ways.insert(way);
        }
        end - at
    }

    /// Reads what stands behind `use`; gives how many tokens that is.
    fn bring(&mut self, tokens: &[Token], is_handed_on: bool) -> usize {
        let length = tokens.iter().position(|token| token == ";").unwrap_or(tokens.len());
        if tokens.first().is_some_and(|first| first != "::") {
            self.branch(&tokens[..length], &[], is_handed_on);
        }
        length
    }

    /// Reads one branch of the tree behind `use`, below this way.
    fn branch(&mut self, tokens: &[Token], below: &[String], is_handed_on: bool) {
        let mut way = below.to_vec();
        let mut name = None;
        let mut at = 0;
        while at < tokens.len() {
            match tokens[at].as_str() {
                "{" => {
                    for part in parts(&tokens[at + 1..tokens.len() - 1]) {
                        self.branch(part, &way, is_handed_on);
                    }
                    return;
                }
                "*" => return self.globs.push(way),
                "as" => {
                    name = tokens.get(at + 1).cloned();
                    at += 1;
                }
                "self" if !way.is_empty() => {}
                "::" => {}
                word => way.push(word.to_owned()),
            }
            at += 1;
        }
        let Some(name) = name.or_else(|| way.last().cloned()) else { return };
        if is_handed_on {
            self.handed_on.insert(name.clone());
        }
        self.brought.insert(name, way);
    }
}

/// What stands between commas, those inside of braces left alone.
fn parts(tokens: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0;
    let is_end = |token: &Token| {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        depth == 0 && token == ","
    };
    tokens.split(is_end).filter(|part| !part.is_empty()).collect()
}

/// The files that reach each other in a cycle, in groups.
pub(crate) fn cycles(arrows: &Arrows) -> Vec<BTreeSet<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> =
        arrows.keys().map(|from| (from, reached(from, arrows))).collect();
    let mut cycles: Vec<BTreeSet<String>> = vec![];
    for (from, to) in &reach {
        let back = |other: &&&String| reach.get(**other).is_some_and(|back| back.contains(from));
        if to.contains(from) && !cycles.iter().any(|cycle| cycle.contains(*from)) {
            cycles.push(to.iter().filter(back).map(|file| (*file).clone()).collect());
        }
    }
    cycles
}

/// All files that a file takes something from, straight or through others.
fn reached<'a>(from: &'a String, arrows: &'a Arrows) -> BTreeSet<&'a String> {
    let (mut found, mut left) = (BTreeSet::new(), vec![from]);
    while let Some(file) = left.pop() {
        let next = arrows.get(file).into_iter().flat_map(BTreeMap::keys);
        left.extend(next.filter(|next| found.insert(*next)));
    }
    found
}
