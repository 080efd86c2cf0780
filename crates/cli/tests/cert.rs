//! `sealkit cert`.

mod support;

use std::process::Command;

use support::{Sandbox, certificate, not_there, test_key};

#[test]
fn show_tells_what_a_certificate_is() {
    let expected = "\
Subject          (none)
Valid from       2026-01-01T00:00:00Z
Valid until      2046-01-01T00:00:00Z
State            valid
RSA key, bits    2048
Key fingerprint  SHA256:vNPSzFd5LgBYdoZF2Cucn1dQRTDrr896I6fBCqniXSE
SHA-256          8C:FA:9D:2B:87:16:22:EA:88:4B:15:42:27:A8:64:36:49:00:10:53:33:2D:49:AF:2E:60:89:F3:6C:33:3C:D9
";
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["cert", "show", &certificate()]).quiet(), expected);
    assert_eq!(sandbox.run(&["cert", "show", &test_key("test-rsa2048.crt.der")]).quiet(), expected);
    let pem = std::fs::read(certificate()).unwrap();
    assert_eq!(sandbox.run_with(&pem, &["cert", "show", "-"]).quiet(), expected);
    // As Windows PowerShell saves it.
    let text = String::from_utf8(pem).unwrap().replace('\n', "\r\n");
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(sandbox.run_with(utf16, &["cert", "show", "-"]).quiet(), expected);
    let mut command: Command = sandbox.command(&["cert", "show", "--output", "text"]);
    // On Windows `C:\\keys` is file:///C:/keys.
    command.env("SEALED_SECRETS_CERT", format!("file:///{}", certificate().trim_start_matches('/')));
    assert_eq!(support::feed(command, b"").quiet(), expected);
}

#[test]
fn show_speaks_json() {
    let text = Sandbox::new().run(&["cert", "show", &certificate(), "-o", "json"]).quiet();
    let facts: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(facts["keyBits"], 2048);
    assert_eq!(facts["keyFingerprint"], "SHA256:vNPSzFd5LgBYdoZF2Cucn1dQRTDrr896I6fBCqniXSE");
}

#[test]
fn show_says_why_not() {
    let sandbox = Sandbox::new();
    sandbox.run(&["cert", "show"]).fails(
        2,
        "error: there is no certificate: name a file or URL, on the command line or in SEALED_SECRETS_CERT\n",
    );
    sandbox.run(&["cert", "show", "missing.pem"]).fails(
        1,
        &format!("error: could not read the certificate\n  caused by: could not read missing.pem\n  caused by: {}\n", not_there()),
    );
    sandbox.run(&["cert", "show", "s3://bucket/cert.pem"]).fails(
        1,
        "error: can't fetch a certificate by s3: s3://bucket/cert.pem is neither a file nor an http, https or file URL\n",
    );
    sandbox.write("empty.pem", "");
    sandbox.run(&["cert", "show", "empty.pem"]).fails(
        1,
        "error: can't use the certificate empty.pem\n  \
         caused by: no certificate found: expected a PEM block `CERTIFICATE`\n",
    );
}

#[test]
fn check_answers_by_its_exit_code() {
    let sandbox = Sandbox::new();
    let (expired, early) = (test_key("test-rsa2048-expired.crt"), test_key("test-rsa2048-not-yet-valid.crt"));
    let good = certificate();
    let fine = sandbox.run(&["cert", "check", &good]).quiet();
    assert!(
        fine.starts_with(&format!("{good}: valid until 2046-01-01, ")) && fine.ends_with(" days left\n"),
        "{fine}"
    );
    sandbox
        .run(&["cert", "check", &expired])
        .fails(4, &format!("warning: {expired}: expired on 2020-01-01\n"));
    sandbox
        .run(&["cert", "check", &early])
        .fails(4, &format!("warning: {early}: not valid before 2090-01-01\n"));
    let soon = sandbox.run(&["cert", "check", "--warn-days", "10000", &good]);
    assert_eq!((soon.code, soon.stdout.as_str()), (4, ""));
    // One that can't be read does not hide the others.
    let mixed = sandbox.run(&["cert", "check", "missing.pem", &good, &expired]);
    assert_eq!(mixed.code, 1);
    assert!(mixed.stdout.contains("valid until") && mixed.stderr.contains("expired on"), "{mixed:?}");
}

/// `http://` certificates, by a server that answers as it is told.
#[test]
fn days_are_positive() {
    let sandbox = Sandbox::new();
    for (command, flag) in [(&["cert", "check"], "--warn-days"), (&["keygen", "sealed-secrets"], "--days")] {
        let ran = sandbox.run(&[command[0], command[1], flag, "-5"]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("a number of days must be positive"), "{}", ran.stderr);
    }
}

#[test]
fn certificates_come_by_http() {
    use std::io::{Read, Write};

    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let body = std::fs::read(certificate()).unwrap();
    let answers = std::thread::spawn(move || {
        for status in ["200 OK", "404 Not Found"] {
            let (mut stream, _) = server.accept().unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            assert!(request[..length].starts_with(b"GET /v1/cert.pem HTTP/1.1\r\n"));
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    let sandbox = Sandbox::new();
    let url = format!("http://{address}/v1/cert.pem");
    assert!(
        sandbox
            .run(&["cert", "show", &url])
            .quiet()
            .contains("SHA256:vNPSzFd5LgBYdoZF2Cucn1dQRTDrr896I6fBCqniXSE")
    );
    let expected =
        format!("error: could not fetch the certificate from {url}\n  caused by: http status: 404\n");
    sandbox.run(&["cert", "show", &url]).fails(1, &expected);
    answers.join().unwrap();
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_early_is_no_error() {
    Sandbox::new().run_unread(&["completions", "bash"]).fails(141, "");
    Sandbox::new().run_unread(&["--help"]).fails(141, "");
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(Sandbox::new().run(&["completions", shell]).quiet().contains("cert"), "{shell}");
    }
}
