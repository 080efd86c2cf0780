//! `cargo xtask sbom`: what the program is made of, as a bill of materials in CycloneDX 1.6.
//!
//! The packages are those that `cargo tree` gives for the program on any platform, with what they need to be built; their hashes are
//! those of Cargo.lock. The same sources give the same file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;

use crate::process;
use crate::{Result, workspace};

const PROGRAM: &str = "sealkit-cli";

/// A package: its name, version and licence.
type Package = (String, String, String);

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let file = match arguments {
        [] => workspace::target().join("sealkit.cdx.json"),
        [file] => workspace::root().join(file),
        _ => return Err("usage: cargo xtask sbom [FILE]".into()),
    };
    let packages = packages()?;
    File::create(&file)?.write_all(bill(&packages, &checksums()?).as_bytes())?;
    println!("{} packages: {}", packages.len(), file.display());
    Ok(())
}

fn packages() -> Result<BTreeSet<Package>> {
    let tree = process::output(process::cargo().args([
        "tree",
        "--locked",
        "--package",
        PROGRAM,
        "--edges",
        "normal,build",
        "--target",
        "all",
        "--prefix",
        "none",
        "--format",
        "{p}\t{l}",
    ]))?;
    let package = |line: &str| {
        let (package, licence) = line.trim_end_matches(" (*)").split_once('\t')?;
        let mut words = package.split(' ');
        let (name, version) = (words.next()?, words.next()?.trim_start_matches('v'));
        Some((name.to_owned(), version.to_owned(), licence.trim_end_matches(" (*)").to_owned()))
    };
    Ok(tree.lines().filter_map(package).collect())
}

/// The SHA-256 of each package that comes from a registry, by name and version.
fn checksums() -> Result<BTreeMap<(String, String), String>> {
    let lock = fs::read_to_string(workspace::root().join("Cargo.lock"))?;
    let mut checksums = BTreeMap::new();
    for package in lock.split("[[package]]") {
        let field = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""))?;
            line.strip_suffix('"').map(str::to_owned)
        };
        if let (Some(name), Some(version), Some(sum)) = (field("name"), field("version"), field("checksum")) {
            checksums.insert((name, version), sum);
        }
    }
    Ok(checksums)
}

fn bill(packages: &BTreeSet<Package>, checksums: &BTreeMap<(String, String), String>) -> String {
    let mut components = Vec::new();
    let mut program = String::new();
    for (name, version, licence) in packages {
        // Older crates write a slash for "or".
        let licence = licence.replace('/', " OR ").replace("  OR  ", " OR ");
        let kind = if name == PROGRAM { "application" } else { "library" };
        let mut component = format!(
            "{{\"type\": \"{kind}\", \"bom-ref\": \"{name}@{version}\", \"name\": \"{name}\", \"version\": \"{version}\""
        );
        if !licence.is_empty() {
            let _ = write!(component, ", \"licenses\": [{{\"expression\": \"{licence}\"}}]");
        }
        if let Some(sum) = checksums.get(&(name.clone(), version.clone())) {
            let _ = write!(component, ", \"hashes\": [{{\"alg\": \"SHA-256\", \"content\": \"{sum}\"}}]");
        }
        let _ = write!(component, ", \"purl\": \"pkg:cargo/{name}@{version}\"}}");
        if name == PROGRAM { program = component } else { components.push(component) }
    }
    format!(
        "{{\n  \"bomFormat\": \"CycloneDX\",\n  \"specVersion\": \"1.6\",\n  \"version\": 1,\n  \
         \"metadata\": {{\"component\": {program}}},\n  \"components\": [\n    {}\n  ]\n}}\n",
        components.join(",\n    ")
    )
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::bill;

    #[test]
    fn components_have_licences_and_hashes() {
        let package = |name: &str, licence: &str| (name.to_owned(), "1.0.0".to_owned(), licence.to_owned());
        let packages = BTreeSet::from([package("sealkit-cli", "MIT"), package("old", "MIT/Apache-2.0")]);
        let sums = BTreeMap::from([(("old".to_owned(), "1.0.0".to_owned()), "abc".to_owned())]);
        let bill = bill(&packages, &sums);
        assert!(
            bill.contains(
                r#""metadata": {"component": {"type": "application", "bom-ref": "sealkit-cli@1.0.0""#
            )
        );
        assert!(bill.contains(
            r#"[{"expression": "MIT OR Apache-2.0"}], "hashes": [{"alg": "SHA-256", "content": "abc"}]"#
        ));
    }
}
