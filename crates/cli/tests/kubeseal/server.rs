//! A web server on the loopback interface: `/NAME` from the inputs, `/status/N`, `/redirect/NAME` and `/loop`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

pub(crate) struct Server {
    /// Host and port.
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(inputs: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inputs = inputs.clone();
                std::thread::spawn(move || answer(stream, &inputs));
            }
        });
        Self { address }
    }
}

/// Answers one request. A client that speaks TLS, or goes away, gets no answer.
fn answer(mut stream: TcpStream, inputs: &Path) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    while reader.read_line(&mut line).ok()? > 0 && line != "\r\n" {
        line.clear();
    }
    // Asked as a proxy, it gets the whole URL.
    let path = match target.strip_prefix("http://") {
        Some(rest) => rest[rest.find('/')?..].to_owned(),
        None => target,
    };
    let (status, location, body) = if let Some(status) = path.strip_prefix("/status/") {
        (status.to_owned(), None, Vec::new())
    } else if let Some(name) = path.strip_prefix("/redirect") {
        ("302".to_owned(), Some(name.to_owned()), Vec::new())
    } else if path == "/loop" {
        ("302".to_owned(), Some(path), Vec::new())
    } else {
        match std::fs::read(inputs.join(path.trim_start_matches('/'))) {
            Ok(body) => ("200".to_owned(), None, body),
            Err(_) => ("404".to_owned(), None, Vec::new()),
        }
    };
    let location = location.map(|location| format!("Location: {location}\r\n")).unwrap_or_default();
    let length = if status == "204" { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    write!(stream, "HTTP/1.1 {status} x\r\n{location}{length}Connection: close\r\n\r\n").ok()?;
    stream.write_all(&body).ok()
}
