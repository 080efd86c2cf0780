//! Which values of a file are encrypted.
//!
//! A file has one of six rules. A rule on keys looks at *every* component of a value's path, so what it says of a mapping
//! it says of all below it; list indices are no components. A rule on comments looks at the comments directly above the
//! value, and at those directly above each mapping or list that it stands in.

use regex::Regex;

use super::go_regex::{self, PatternError};

/// The suffix of keys that stay in the clear where no rule is given.
pub const DEFAULT_UNENCRYPTED_SUFFIX: &str = "_unencrypted";

/// The rule that selects values for encryption. Regular expressions are Go's (RE2) and match anywhere in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectionRule {
    /// Encrypt only values with a comment that matches.
    EncryptedCommentRegex(String),
    /// Encrypt only values with a key in their path that matches.
    EncryptedRegex(String),
    /// Encrypt only values with a key in their path that ends so.
    EncryptedSuffix(String),
    /// Encrypt all values but those with a comment that matches.
    UnencryptedCommentRegex(String),
    /// Encrypt all values but those with a key in their path that matches.
    UnencryptedRegex(String),
    /// Encrypt all values but those with a key in their path that ends so.
    UnencryptedSuffix(String),
}

impl Default for SelectionRule {
    fn default() -> Self {
        Self::UnencryptedSuffix(DEFAULT_UNENCRYPTED_SUFFIX.to_owned())
    }
}

impl SelectionRule {
    /// The fields of the metadata and of `.sops.yaml` that hold a rule.
    pub const FIELDS: [&'static str; 6] = [
        "encrypted_comment_regex",
        "encrypted_regex",
        "encrypted_suffix",
        "unencrypted_comment_regex",
        "unencrypted_regex",
        "unencrypted_suffix",
    ];

    /// The rule in `field`; `None` if no rule is called so.
    #[must_use]
    pub fn from_field(field: &str, text: &str) -> Option<Self> {
        let rule = match field {
            "encrypted_comment_regex" => Self::EncryptedCommentRegex,
            "encrypted_regex" => Self::EncryptedRegex,
            "encrypted_suffix" => Self::EncryptedSuffix,
            "unencrypted_comment_regex" => Self::UnencryptedCommentRegex,
            "unencrypted_regex" => Self::UnencryptedRegex,
            "unencrypted_suffix" => Self::UnencryptedSuffix,
            _ => return None,
        };
        Some(rule(text.to_owned()))
    }

    /// The one rule among `fields`, which are field names and texts. Empty texts and other fields don't count; where
    /// there is no rule, the answer is `None`, and the default applies.
    ///
    /// # Errors
    /// [`SelectionError::SeveralRules`] if there is more than one: they exclude each other.
    pub fn from_fields<'a>(
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Option<Self>, SelectionError> {
        let mut found: Option<Self> = None;
        for (field, text) in fields {
            if text.is_empty() {
                continue;
            }
            if let Some(rule) = Self::from_field(field, text) {
                if let Some(first) = &found {
                    return Err(SelectionError::SeveralRules { first: first.field(), second: rule.field() });
                }
                found = Some(rule);
            }
        }
        Ok(found)
    }

    /// The field that this rule stands in.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::EncryptedCommentRegex(_) => "encrypted_comment_regex",
            Self::EncryptedRegex(_) => "encrypted_regex",
            Self::EncryptedSuffix(_) => "encrypted_suffix",
            Self::UnencryptedCommentRegex(_) => "unencrypted_comment_regex",
            Self::UnencryptedRegex(_) => "unencrypted_regex",
            Self::UnencryptedSuffix(_) => "unencrypted_suffix",
        }
    }

    /// The regular expression or suffix.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::EncryptedCommentRegex(text)
            | Self::EncryptedRegex(text)
            | Self::EncryptedSuffix(text)
            | Self::UnencryptedCommentRegex(text)
            | Self::UnencryptedRegex(text)
            | Self::UnencryptedSuffix(text) => text,
        }
    }
}

/// A [`SelectionRule`], ready to be asked. Make a [`Walk`] to ask it.
#[derive(Clone, Debug)]
pub struct Selection {
    test: Test,
    subject: Subject,
    encrypts_matches: bool,
    field: &'static str,
}

#[derive(Clone, Debug)]
enum Test {
    Regex(Regex),
    Suffix(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Comments,
    Keys,
}

impl Selection {
    /// Compiles a rule.
    ///
    /// # Errors
    /// [`SelectionError::Pattern`] for a bad regular expression. (sops takes one that it can't compile for one that never
    /// matches, and with `encrypted_regex` then encrypts nothing.)
    pub fn new(rule: &SelectionRule) -> Result<Self, SelectionError> {
        use SelectionRule::{
            EncryptedCommentRegex, EncryptedRegex, EncryptedSuffix, UnencryptedCommentRegex,
            UnencryptedRegex, UnencryptedSuffix,
        };
        let test = match rule {
            EncryptedSuffix(suffix) | UnencryptedSuffix(suffix) => Test::Suffix(suffix.clone()),
            EncryptedCommentRegex(pattern)
            | EncryptedRegex(pattern)
            | UnencryptedCommentRegex(pattern)
            | UnencryptedRegex(pattern) => Test::Regex(
                go_regex::compile(pattern)
                    .map_err(|source| SelectionError::Pattern { field: rule.field(), source })?,
            ),
        };
        let subject = match rule {
            EncryptedCommentRegex(_) | UnencryptedCommentRegex(_) => Subject::Comments,
            EncryptedRegex(_) | EncryptedSuffix(_) | UnencryptedRegex(_) | UnencryptedSuffix(_) => {
                Subject::Keys
            }
        };
        let encrypts_matches =
            matches!(rule, EncryptedCommentRegex(_) | EncryptedRegex(_) | EncryptedSuffix(_));
        Ok(Self { test, subject, encrypts_matches, field: rule.field() })
    }

    /// Whether the rule looks at comments, so that a walk must be told of them even where they are not encrypted.
    #[must_use]
    pub fn looks_at_comments(&self) -> bool {
        self.subject == Subject::Comments
    }

    /// Refuses an encrypted comment that the rule would take for a plain one.
    ///
    /// # Errors
    /// [`SelectionError::EncryptedCommentMatches`] if an `unencrypted_comment_regex` matches `ciphertext`. Whoever decrypts
    /// the file would find it selected otherwise than it was encrypted.
    pub fn check_encrypted_comment(&self, ciphertext: &str) -> Result<(), SelectionError> {
        if self.looks_at_comments() && !self.encrypts_matches && self.matches(ciphertext) {
            return Err(SelectionError::EncryptedCommentMatches { field: self.field });
        }
        Ok(())
    }

    fn matches(&self, text: &str) -> bool {
        match &self.test {
            Test::Regex(regex) => regex.is_match(text),
            Test::Suffix(suffix) => text.ends_with(suffix.as_str()),
        }
    }
}

/// A walk through one document that knows, at each place, whether the rule selects it and what its associated data is.
///
/// Each step takes constant time but for matching the one key or comment that it is about.
///
/// ```
/// use sealkit::sops::{Selection, SelectionRule, Walk};
///
/// // db:
/// //   # the password
/// //   password: …
/// let selection = Selection::new(&SelectionRule::EncryptedRegex("pass".to_owned()))?;
/// let mut walk = Walk::new(&selection);
/// walk.enter_key("db");
/// assert!(!walk.comment(" the password"));
/// walk.enter_key("password");
/// assert!(walk.is_selected());
/// assert_eq!(walk.associated_data(), "db:password:");
/// walk.leave();
/// walk.leave();
/// # Ok::<(), sealkit::sops::SelectionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Walk<'s> {
    selection: &'s Selection,
    path: String,
    place: Place,
    above: Vec<Place>,
}

/// Where a walk is: at an entry of a mapping or list (or at a document's root).
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// The length of `path` up to and with this place's own key.
    path_len: usize,
    /// Whether a key of the path matches, or a comment above this place or above one of its parents.
    matched: bool,
    /// Whether a comment matches that stands in this place's own container, above the entry that comes next.
    comment_matched: bool,
}

impl<'s> Walk<'s> {
    /// A walk that stands at a document's root.
    #[must_use]
    pub fn new(selection: &'s Selection) -> Self {
        Self { selection, path: String::new(), place: Place::default(), above: Vec::new() }
    }

    /// Goes down to the entry `key` of the mapping here.
    pub fn enter_key(&mut self, key: &str) {
        self.above.push(self.place);
        self.path.push_str(key);
        self.path.push(':');
        let by_key = self.selection.subject == Subject::Keys && self.selection.matches(key);
        self.place = Place {
            path_len: self.path.len(),
            matched: self.place.matched || self.place.comment_matched || by_key,
            comment_matched: false,
        };
    }

    /// Goes down to the next item of the list here.
    pub fn enter_item(&mut self) {
        self.above.push(self.place);
        self.place = Place {
            path_len: self.path.len(),
            matched: self.place.matched || self.place.comment_matched,
            comment_matched: false,
        };
    }

    /// Goes back up from an entry or item. The comments above it have had their effect. At the root it does nothing.
    pub fn leave(&mut self) {
        if let Some(above) = self.above.pop() {
            self.place = Place { comment_matched: false, ..above };
            self.path.truncate(self.place.path_len);
        }
    }

    /// Takes notice of a comment (its text without `#`, or its ciphertext in an encrypted file) in the mapping or list
    /// here, above the entry that comes next; whether the comment itself is selected. Its associated data is that of the
    /// container, which is [`associated_data`](Self::associated_data) here.
    pub fn comment(&mut self, text: &str) -> bool {
        let before = self.place.matched || self.place.comment_matched;
        if self.selection.subject == Subject::Keys {
            return self.selected(before);
        }
        let matches = self.selection.matches(text);
        self.place.comment_matched |= matches;
        // A comment that asks for encryption stays readable itself; one that forbids it holds for itself, too.
        self.selected(if self.selection.encrypts_matches { before } else { before || matches })
    }

    /// Whether a value at this place is to be encrypted.
    #[must_use]
    pub fn is_selected(&self) -> bool {
        self.selected(self.place.matched)
    }

    /// The associated data of a value at this place, or of a comment in the container at this place: the keys of the
    /// path, each followed by a colon.
    #[must_use]
    pub fn associated_data(&self) -> &str {
        &self.path
    }

    /// How many entries and items the walk has gone down from the root.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.above.len()
    }

    fn selected(&self, matched: bool) -> bool {
        matched == self.selection.encrypts_matches
    }
}

/// Why a selection rule can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// See [`Selection::check_encrypted_comment`].
    #[error(
        "{field} matches an encrypted comment, so the file could not be decrypted; make it more specific"
    )]
    EncryptedCommentMatches {
        /// The rule's field.
        field: &'static str,
    },
    /// A regular expression that can't be compiled.
    #[error("{field} is no usable regular expression")]
    Pattern {
        /// The rule's field.
        field: &'static str,
        /// What is wrong with it.
        source: PatternError,
    },
    /// More than one rule.
    #[error("{first} and {second} exclude each other; give one of them")]
    SeveralRules {
        /// The field of one rule.
        first: &'static str,
        /// The field of the other.
        second: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::{Selection, SelectionError, SelectionRule, Walk};

    fn selection(field: &str, text: &str) -> Selection {
        Selection::new(&SelectionRule::from_field(field, text).unwrap()).unwrap()
    }

    fn selects(selection: &Selection, path: &[&str]) -> bool {
        let mut walk = Walk::new(selection);
        path.iter().for_each(|key| walk.enter_key(key));
        walk.is_selected()
    }

    #[test]
    fn the_default_spares_the_unencrypted_suffix() {
        let selection = Selection::new(&SelectionRule::default()).unwrap();
        assert!(selects(&selection, &["a"]));
        assert!(!selects(&selection, &["a_unencrypted"]));
        assert!(!selects(&selection, &["a_unencrypted", "b", "c"]));
        assert!(selects(&selection, &["unencrypted"]));
    }

    #[test]
    fn rules_on_keys_look_at_every_component() {
        let encrypted = selection("encrypted_regex", "^(data|stringData)$");
        assert!(selects(&encrypted, &["data", "password"]));
        assert!(!selects(&encrypted, &["metadata", "name"]));
        let unencrypted = selection("unencrypted_regex", "^meta");
        assert!(selects(&unencrypted, &["data", "password"]));
        assert!(!selects(&unencrypted, &["metadata", "name"]));
        let suffix = selection("encrypted_suffix", "_enc");
        assert!(selects(&suffix, &["a_enc", "b"]));
        assert!(!selects(&suffix, &["a", "b"]));
    }

    #[test]
    fn an_empty_path_is_a_top_level_comment() {
        assert!(Walk::new(&selection("unencrypted_suffix", "_u")).comment(" c"));
        assert!(!Walk::new(&selection("encrypted_regex", "")).comment(" c"));
    }

    #[test]
    fn the_path_leaves_list_indices_out() {
        let selection = Selection::new(&SelectionRule::default()).unwrap();
        let mut walk = Walk::new(&selection);
        walk.enter_key("list");
        walk.enter_item();
        walk.enter_key("a:b");
        assert_eq!(walk.associated_data(), "list:a:b:");
        assert_eq!(walk.depth(), 3);
        walk.leave();
        assert_eq!(walk.associated_data(), "list:");
        walk.leave();
        walk.leave();
        walk.leave();
        assert_eq!(walk.associated_data(), "");
    }

    #[test]
    fn an_encrypted_comment_rule_covers_the_next_entry_and_all_below() {
        let selection = selection("encrypted_comment_regex", "sops:enc");
        let mut walk = Walk::new(&selection);
        walk.enter_key("before");
        assert!(!walk.is_selected());
        walk.leave();
        assert!(!walk.comment(" sops:enc"), "the comment itself stays readable");
        assert!(walk.comment(" another line below it"));
        assert!(walk.comment(" sops:enc again"), "a line before it has asked for encryption");
        walk.enter_key("secret");
        assert!(walk.is_selected());
        walk.enter_item();
        assert!(walk.is_selected());
        assert!(walk.comment(" deep"));
        walk.leave();
        walk.leave();
        walk.enter_key("after");
        assert!(!walk.is_selected());
    }

    #[test]
    fn an_unencrypted_comment_rule_covers_the_comment_too() {
        let selection = selection("unencrypted_comment_regex", "public");
        let mut walk = Walk::new(&selection);
        assert!(walk.comment(" something"));
        assert!(!walk.comment(" public"));
        assert!(!walk.comment(" something"));
        walk.enter_key("open");
        assert!(!walk.is_selected());
        walk.enter_key("below");
        assert!(!walk.is_selected());
        walk.leave();
        walk.leave();
        walk.enter_key("after");
        assert!(walk.is_selected());
    }

    #[test]
    fn comments_in_a_list_cover_the_next_item_only() {
        let selection = selection("encrypted_comment_regex", "^ enc$");
        let mut walk = Walk::new(&selection);
        walk.enter_key("list");
        walk.comment(" enc");
        walk.enter_item();
        assert!(walk.is_selected());
        walk.leave();
        walk.enter_item();
        assert!(!walk.is_selected());
    }

    #[test]
    fn rules_exclude_each_other() {
        let fields = [("unencrypted_suffix", ""), ("encrypted_regex", "a"), ("mac", "x")];
        assert_eq!(
            SelectionRule::from_fields(fields).unwrap(),
            Some(SelectionRule::EncryptedRegex("a".to_owned()))
        );
        assert_eq!(SelectionRule::from_fields([("encrypted_regex", "")]).unwrap(), None);
        let error =
            SelectionRule::from_fields([("encrypted_regex", "a"), ("encrypted_suffix", "b")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "encrypted_regex and encrypted_suffix exclude each other; give one of them"
        );
    }

    #[test]
    fn every_field_has_its_rule() {
        for field in SelectionRule::FIELDS {
            let rule = SelectionRule::from_field(field, "x").unwrap();
            assert_eq!((rule.field(), rule.text()), (field, "x"));
        }
        assert!(SelectionRule::from_field("mac", "x").is_none());
    }

    #[test]
    fn bad_patterns_are_errors() {
        let error = Selection::new(&SelectionRule::EncryptedRegex("(".to_owned())).unwrap_err();
        assert!(matches!(error, SelectionError::Pattern { field: "encrypted_regex", .. }));
        let selection = selection("unencrypted_comment_regex", "ENC|x");
        assert!(selection.check_encrypted_comment("ENC[…]").is_err());
        assert!(selection.check_encrypted_comment("#").is_ok());
    }

    #[test]
    fn only_a_rule_that_spares_comments_can_be_upset_by_an_encrypted_one() {
        for field in SelectionRule::FIELDS {
            let checked = selection(field, "ENC").check_encrypted_comment("ENC");
            assert_eq!(checked.is_err(), field == "unencrypted_comment_regex", "{field}");
        }
    }
}
