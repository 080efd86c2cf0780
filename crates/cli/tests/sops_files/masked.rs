//! Encrypted files with all that is random in them taken out.

/// `text` with `ENC[str]` for each ciphertext, and without what is wrapped and when.
pub(crate) fn masked(text: &str) -> String {
    let mut result = String::new();
    let mut in_armor = false;
    for line in text.lines() {
        if line.ends_with("-----BEGIN AGE ENCRYPTED FILE-----") {
            in_armor = true;
            result.push_str(&line.replace("-----BEGIN AGE ENCRYPTED FILE-----", "ARMOR\n"));
        }
        if !in_armor {
            let line = match line.split_once("lastmodified: ") {
                Some((before, _)) => format!("{before}lastmodified: TIME"),
                None => ciphertexts(line),
            };
            result.push_str(&line);
            result.push('\n');
        }
        in_armor = in_armor && !line.ends_with("-----END AGE ENCRYPTED FILE-----");
    }
    result
}

fn ciphertexts(line: &str) -> String {
    let mut parts = line.split("ENC[AES256_GCM,");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (inside, after) = part.split_once(']').unwrap();
        let (_, kind) = inside.rsplit_once("type:").unwrap();
        result.push_str(&format!("ENC[{kind}]{after}"));
    }
    result
}
