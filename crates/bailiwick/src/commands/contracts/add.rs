//! `bailiwick contracts add`: a ready contract from the catalogue, for a server that is configured.
//! It approves nothing; and what was not seen to be what was verified, it calls unverified.

use std::path::Path;

use bailiwick_contracts::{Contract, Definition};
use bailiwick_gateway::config::Settings;
use clap::Args;
use serde_json::json;

use super::diff::shown;
use super::{catalogue::named, draft, ready, stands};
use crate::catalogue::{
    self, Entry, Part, Shown, added_to, headed, parts, raised, unconfined, unverified,
};
use crate::commands::admin::Remote;
use crate::commands::settings;
use crate::files;
use crate::output::{self, Common, Failure, Outcome, YES, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The server.
    server: String,
    /// Take this entry: a package, as `contracts catalogue` names it.
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    /// Write a new file in the place of the one that is there.
    #[arg(long)]
    force: bool,
}

/// What is known of how a server compares with an entry.
struct Compared {
    /// The version that its command starts, where that can be told.
    version: Option<String>,
    /// What it shows, or why nobody can say.
    definitions: Result<Vec<Definition>, &'static str>,
    /// Whether it is fetched from its registry when it starts.
    is_fetched: bool,
}

/// What came of it.
struct Added {
    tools: Vec<String>,
    /// Those that were there unverified, as they were added once, and are verified now.
    verified: Vec<String>,
    /// Those of which nothing is verified, and why.
    unverified: Vec<(String, &'static str)>,
    /// Whether a standing was added, of which the hosts are left to the operator.
    standing: bool,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let name = &arguments.server;
    stands::servers(&settings, std::slice::from_ref(name))?;
    let server = settings.servers.iter().find(|it| it.name.as_str() == name);
    let server = server.ok_or_else(|| Failure(format!("[servers] has no `{name}`")))?;
    let entries = catalogue::all()?;
    let entry = match &arguments.from {
        Some(from) => named(&entries, from)?,
        None => ready::of_server(&entries, server).ok_or_else(|| none_fits(name))?,
    };
    let launch = ready::launch(server);
    let compared = Compared {
        version: launch.as_ref().and_then(|(words, folder)| entry.version(words, folder)),
        definitions: listed(&settings, name)?,
        is_fetched: launch.is_some_and(|(words, _)| catalogue::is_fetched(&words)),
    };
    if let Some(strange) = strange(entry, name, &compared).filter(|_| !arguments.force) {
        return Err(strange);
    }
    let there = draft::of_server(&settings.contracts, name)?;
    let file = there.as_ref().map(|(file, _)| file.clone());
    let file = file.unwrap_or_else(|| settings.contracts.join(format!("{name}.toml")));
    let there = there.filter(|_| !arguments.force).map(|(_, text)| text);
    let (text, added) = made(entry, name, there.as_deref(), &compared)
        .map_err(|why| Failure(format!("{}: {}", file.display(), why.0)))?;
    if there.as_ref() != Some(&text) {
        std::fs::create_dir_all(&settings.contracts)
            .map_err(|problem| files::told(&settings.contracts, &problem))?;
        files::replace(&file, text)?;
    }
    tell(common, (entry, name, &file), &compared, &added)
}

fn none_fits(server: &str) -> Failure {
    Failure(format!(
        "the catalogue has nothing that fits the command of {server}: name an entry with --from \
         (`bailiwick contracts catalogue` lists them), or guess with `bailiwick contracts draft \
         {server}`"
    ))
}

/// What a server shows, where a gateway runs that can list it.
fn listed(
    settings: &Settings,
    server: &str,
) -> Result<Result<Vec<Definition>, &'static str>, Failure> {
    let Some(gateway) = Remote::find(settings)? else {
        return Ok(Err("no gateway runs that saw what the server shows"));
    };
    Ok(stands::definitions(&gateway, server).map_err(|why| {
        eprintln!("warning: {}: its tools cannot be compared", why.0);
        "the gateway that runs cannot tell what the server shows"
    }))
}

/// Whoever names an entry may have named another server's.
fn strange(entry: &Entry, server: &str, compared: &Compared) -> Option<Failure> {
    let shown = compared.definitions.as_ref().ok().filter(|it| !it.is_empty())?;
    let is_known = shown.iter().any(|it| entry.about.pins.contains_key(it.name()));
    (!is_known).then(|| {
        Failure(format!(
            "{server} shows none of the tools of {}, so it is another server: nothing was \
             written (--force writes it all the same)",
            entry.about.package
        ))
    })
}

impl Compared {
    /// Why nobody can say that a tool is the one that was verified. A version is a name that any
    /// package can give itself: what counts is what the server shows.
    fn doubt(&self, entry: &Entry, tool: &str) -> Option<&'static str> {
        let definitions = match &self.definitions {
            Ok(definitions) => definitions,
            Err(why) => return Some(why),
        };
        match definitions.iter().find(|it| it.name() == tool).map(|it| entry.compare(it)) {
            Some(Shown::Same) => self.doubt_of_version(entry),
            Some(Shown::Other | Shown::Unknown) => Some("the server defines it otherwise"),
            None => Some("the server does not show it"),
        }
    }

    fn doubt_of_version(&self, entry: &Entry) -> Option<&'static str> {
        match &self.version {
            None => Some("nothing says which version is started"),
            Some(version) if entry.about.versions.contains(version) => None,
            Some(_) => Some("another version is started"),
        }
    }

    /// The tools that the entry knows nothing of.
    fn unknown(&self, entry: &Entry) -> Vec<&str> {
        let all = self.definitions.iter().flatten();
        all.filter(|it| entry.compare(it) == Shown::Unknown).map(Definition::name).collect()
    }
}

/// The text of the contract, and what was added to what is there.
fn made(
    entry: &Entry,
    server: &str,
    there: Option<&str>,
    compared: &Compared,
) -> Result<(String, Added), Failure> {
    let (mut doubts, mut verified, mut all) = (Vec::new(), Vec::new(), Vec::new());
    let mut former = there.map(str::to_owned);
    for (part, text) in parts(entry.contract) {
        let doubt = match part {
            Part::Head | Part::Standing => compared.doubt_of_version(entry),
            Part::Tool(tool) => compared.doubt(entry, tool),
        };
        let worst = unverified(text);
        let is_there = there.is_some_and(|it| it.contains(worst.trim_end()));
        match (part, doubt) {
            (Part::Tool(tool), Some(why)) => doubts.push((tool.to_owned(), why, is_there)),
            (_, Some(_)) => {}
            (part, None) => {
                // As it was added once, by a word: nobody has changed it since.
                former = former.map(|it| raised(&it, text));
                if let (Part::Tool(tool), true) = (part, is_there) {
                    verified.push(tool.to_owned());
                }
            }
        }
        let text = if doubt.is_some() { worst } else { text.to_owned() };
        let text = match part {
            Part::Head => headed(&text, server),
            // To a server that is in use already, nobody gives another network by the way.
            Part::Standing if compared.is_fetched || there.is_some() => unconfined(&text),
            Part::Standing | Part::Tool(_) => text,
        };
        all.push((part, text));
    }
    let (text, tools, standing) = match former {
        Some(former) => {
            let had_standing = Contract::read(&former)?.standing.is_some();
            let (text, tools) = added_to(&former, server, &all)?;
            (text, tools, !had_standing)
        }
        None => {
            let names = all.iter().filter_map(|(part, _)| match part {
                Part::Tool(name) => Some((*name).to_owned()),
                Part::Head | Part::Standing => None,
            });
            (all.iter().map(|(_, text)| text.as_str()).collect(), names.collect(), false)
        }
    };
    doubts.retain(|(tool, _, is_there)| *is_there || tools.contains(tool));
    let unverified = doubts.into_iter().map(|(tool, why, _)| (tool, why)).collect();
    Ok((text, Added { tools, verified, unverified, standing }))
}

fn tell(
    common: &Common,
    (entry, server, file): (&Entry, &str, &Path),
    compared: &Compared,
    added: &Added,
) -> Outcome {
    let unknown = compared.unknown(entry);
    if common.json {
        let doubts: serde_json::Map<_, _> =
            added.unverified.iter().map(|(tool, why)| (tool.clone(), json!(why))).collect();
        output::json(&json!({
            "file": file, "package": entry.about.package, "versions": entry.about.versions,
            "version": compared.version, "compared": compared.definitions.is_ok(),
            "added": added.tools, "verified": added.verified, "unverified": doubts,
            "unknown": unknown,
            "remains": entry.about.remains,
        }))?;
        return YES;
    }
    let (count, doubts) = (added.tools.len(), added.unverified.len());
    if added.tools.is_empty() {
        say(format!("{} has every tool of {}", file.display(), entry.about.pinned()));
    } else {
        let tools = super::counted(count);
        say(format!("{}: {tools} from {}", file.display(), entry.about.pinned()));
    }
    for tool in &added.verified {
        say(format!("  verified now  {tool}"));
    }
    if count > 0 && doubts == 0 {
        say("what the server shows of them is what was verified, to the last letter");
    }
    for (tool, why) in &added.unverified {
        say(format!("  not verified  {tool}: {why}"));
    }
    if doubts > 0 {
        let pinned = entry.about.pinned();
        say(format!(
            "what is not verified counts as the worst: have `bailiwick up` start {pinned},"
        ));
        say("then add it again; or look at it yourself, and put `verified = true` beside what you");
        say("stand for");
    }
    for tool in unknown {
        say(format!("  not in the catalogue  {}", shown(tool)));
    }
    if added.standing && !compared.is_fetched {
        say(
            "[standing] was added, and its hosts are left open: they are a comment, which confines",
        );
        say("the server once you take the # off; see docs/confinement.md");
    }
    if compared.is_fetched {
        say(
            "standing.hosts is left open: what is fetched when it starts reaches its registry; see",
        );
        say("docs/confinement.md for how to install and confine it");
    }
    say("what remains for you to say:");
    entry.about.remains.iter().for_each(|it| say(format!("  {it}")));
    say("and then");
    say(format!("  bailiwick contracts lint {server}       what is left open"));
    say(format!("  bailiwick contracts approve {server} --all --why TEXT   lets its tools in"));
    YES
}
