//! Embeds every file `scenarios/<group>/<name>.toml`: adding a file adds a scenario.
//!
//! What a list of scenarios shows (name, titles, diagnoses, variants) is read here, so that the program can
//! answer Wireshark's questions without parsing a single file. So are the texts of its windows, `texts/extcap.toml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("scenarios");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    let mut groups: Vec<PathBuf> = sorted(&root)?.into_iter().filter(|path| path.is_dir()).collect();
    groups.sort_by_key(|group| rank(group));
    for group in groups {
        println!("cargo::rerun-if-changed={}", group.display());
        files
            .extend(sorted(&group)?.into_iter().filter(|path| path.extension().is_some_and(|e| e == "toml")));
    }
    let mut list = String::from("&[\n");
    for file in files {
        writeln!(list, "    {},", entry(&root, &file)?)?;
    }
    list.push(']');
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("builtin.rs"), list)?;
    fs::write(out.join("texts.rs"), texts(&root.with_file_name("texts").join("extcap.toml"))?)?;
    Ok(())
}

/// A table of the texts in a file, by key: where each is in every language.
fn texts(file: &Path) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", file.display());
    let table: toml::Table =
        toml::from_str(&fs::read_to_string(file)?).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut found = BTreeMap::new();
    collect_texts("", &table, &mut found);
    let mut list = String::from("&[\n");
    for (key, texts) in found {
        writeln!(list, "    ({key:?}, &{texts:?}),")?;
    }
    list.push(']');
    Ok(list)
}

/// The text of each language, by its tag.
type Texts = Vec<(String, String)>;

/// A table with a text `en` is a text; any other holds more tables, whose keys stand behind dots.
fn collect_texts(key: &str, table: &toml::Table, found: &mut BTreeMap<String, Texts>) {
    if table.get("en").is_some_and(|en| en.is_str()) {
        let text = |(tag, text): (&String, &toml::Value)| Some((tag.clone(), text.as_str()?.to_owned()));
        found.insert(key.trim_start_matches('.').to_owned(), table.iter().filter_map(text).collect());
        return;
    }
    for (name, value) in table {
        if let Some(inner) = value.as_table() {
            collect_texts(&format!("{key}.{name}"), inner, found);
        }
    }
}

/// The groups in the order in which one learns.
const GROUPS: [&str; 9] =
    ["setup", "reset", "close", "keepalive", "loss", "flow", "congestion", "path", "app"];

fn rank(group: &Path) -> usize {
    GROUPS.iter().position(|known| group.ends_with(known)).unwrap_or(GROUPS.len())
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|e| Ok(e?.path())).collect::<Result<_, std::io::Error>>()?;
    paths.sort();
    Ok(paths)
}

/// One `Builtin { … }` expression.
fn entry(root: &Path, file: &Path) -> Result<String, Box<dyn Error>> {
    let name = file.strip_prefix(root)?.with_extension("");
    let name = name.to_str().ok_or("scenario names are UTF-8")?.replace('\\', "/");
    let text = fs::read_to_string(file)?;
    let table: toml::Table = toml::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    let strings = |value: Option<&toml::Value>| -> Vec<String> {
        value
            .and_then(|v| v.as_array())
            .into_iter()
            .flatten()
            .filter_map(|v| v.as_str())
            .map(str::to_owned)
            .collect()
    };
    let shows = |point: &str| strings(table.get("shows").and_then(|shows| shows.get(point)));
    let title: Vec<(&str, &str)> =
        (table.get("title").and_then(|title| title.as_table()).into_iter().flatten())
            .filter_map(|(language, text)| Some((language.as_str(), text.as_str()?)))
            .collect();
    let variants: Vec<&String> =
        table.get("variant").and_then(|v| v.as_table()).into_iter().flat_map(|v| v.keys()).collect();
    let difficulty = table.get("difficulty").and_then(|difficulty| difficulty.as_str()).unwrap_or_default();
    Ok(format!(
        "Builtin {{ name: {name:?}, titles: &{title:?}, shows_client: &{:?}, shows_server: &{:?}, variants: &{variants:?}, difficulty: {difficulty:?}, text: include_str!({:?}) }}",
        shows("client"),
        shows("server"),
        file.display()
    ))
}
