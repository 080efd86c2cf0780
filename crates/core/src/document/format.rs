//! The formats of files, and how sops tells them apart.

use std::path::Path;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Any bytes, as one value.
    Binary,
    /// `KEY=value` lines.
    Dotenv,
    /// `[section]` headers and `key = value` lines.
    Ini,
    /// JSON, RFC 8259.
    Json,
    /// YAML, one document or several.
    Yaml,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Binary, Self::Dotenv, Self::Ini, Self::Json, Self::Yaml];

    /// The format that sops takes a file of this name for, by the name's end: `.yaml` and `.yml`, `.json`, `.env`,
    /// `.ini`, in small letters; binary for every other.
    #[must_use]
    pub fn of_file_name(name: impl AsRef<Path>) -> Self {
        let name = name.as_ref().as_os_str().as_encoded_bytes();
        let endings =
            [(".yaml", Self::Yaml), (".yml", Self::Yaml), (".json", Self::Json), (".env", Self::Dotenv)];
        let found = endings.into_iter().chain([(".ini", Self::Ini)]);
        found
            .filter(|(ending, _)| name.ends_with(ending.as_bytes()))
            .map(|(_, format)| format)
            .next()
            .unwrap_or(Self::Binary)
    }

    /// The format that is called so on the command line: `binary`, `dotenv`, `ini`, `json` or `yaml`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format's name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Dotenv => "dotenv",
            Self::Ini => "ini",
            Self::Json => "json",
            Self::Yaml => "yaml",
        }
    }

    /// The format as a message names it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Binary => "a binary file",
            Self::Dotenv => "a dotenv file",
            Self::Ini => "an INI file",
            Self::Json => "JSON",
            Self::Yaml => "YAML",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn the_name_of_a_file_tells_its_format() {
        let names = [
            ("secret.yaml", Format::Yaml),
            ("a/b.sops.yml", Format::Yaml),
            (".json", Format::Json),
            (".env", Format::Dotenv),
            ("production.env", Format::Dotenv),
            ("my.ini", Format::Ini),
            (".env.local", Format::Binary),
            ("SECRET.YAML", Format::Binary),
            ("yaml", Format::Binary),
            ("tls.key", Format::Binary),
        ];
        for (name, format) in names {
            assert_eq!(Format::of_file_name(name), format, "{name}");
        }
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
        assert_eq!(Format::from_name("yml"), None);
    }
}
