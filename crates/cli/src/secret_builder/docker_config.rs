//! A registry's credentials as Docker keeps them in its `config.json`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use zeroize::Zeroizing;

/// The registry that is meant when none is named: Docker Hub.
pub(crate) const DEFAULT_SERVER: &str = "https://index.docker.io/v1/";

#[derive(Serialize)]
struct Entry<'a> {
    username: &'a str,
    password: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    email: &'a str,
    auth: &'a str,
}

/// The JSON that goes under `.dockerconfigjson`, with the members and their order as kubectl writes them.
pub(crate) fn write(server: &str, username: &str, password: &str, email: &str) -> Zeroizing<Vec<u8>> {
    let mut credentials = Zeroizing::new(String::with_capacity(username.len() + 1 + password.len()));
    [username, ":", password].into_iter().for_each(|part| credentials.push_str(part));
    let auth = Zeroizing::new(STANDARD.encode(credentials.as_bytes()));
    let entry = Entry { username, password, email, auth: &auth };
    let text = server.len() + username.len() + password.len() + email.len() + auth.len();
    // Room for every byte as `\u0000`: the buffer never moves, so no copy of it is left behind.
    let mut json = Zeroizing::new(Vec::with_capacity(6 * text + 100));
    let auths = std::collections::BTreeMap::from([(server, entry)]);
    let document = std::collections::BTreeMap::from([("auths", auths)]);
    serde_json::to_writer(&mut *json, &document).expect("maps of strings can be written to memory");
    json
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn the_members_are_those_of_kubectl() {
        assert_eq!(
            *write("s", "u", "p", "e"),
            br#"{"auths":{"s":{"username":"u","password":"p","email":"e","auth":"dTpw"}}}"#
        );
        assert_eq!(
            *write("s", "u", "\"\u{1}", ""),
            br#"{"auths":{"s":{"username":"u","password":"\"\u0001","auth":"dToiAQ=="}}}"#
        );
    }
}
