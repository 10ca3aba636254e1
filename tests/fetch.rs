//! Refreshing the snapshot, against a server on this machine that misbehaves on purpose.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tidewaiter::advisory::Snapshot;
use tidewaiter::fetch::online::Online;
use tidewaiter::fetch::{FetchError, Outcome, Request, update};
use tidewaiter::license::place::LicensePlace;
use tidewaiter::model::Purl;

/// What the server does next for a path.
#[derive(Clone)]
enum Answer {
    /// 200 with the body and an entity tag.
    Whole(Vec<u8>),
    /// 200 with the body, whatever the client has.
    Changed(Vec<u8>),
    /// 200, but the connection ends after so many bytes of the body.
    CutAfter(Vec<u8>, usize),
    /// 206 with the rest from the asked offset.
    Rest(Vec<u8>),
    Status(u16),
    Redirect(String),
}

const TAG: &str = "\"one\"";

/// Answers in turn per path, the last one again and again; what it has not, is a 404. Remembers the requests.
struct Server {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<HashMap<String, Vec<Answer>>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answers: Arc<Mutex<HashMap<String, Vec<Answer>>>> = Arc::default();
        let server = Self { url, seen: Arc::clone(&seen), answers: Arc::clone(&answers) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is its own affair.
                let _ = serve(stream, &seen, &answers);
            }
        });
        server
    }

    fn on(&self, path: &str, answers: &[Answer]) {
        self.answers.lock().expect("unpoisoned").insert(path.to_owned(), answers.to_vec());
    }

    /// The requests since the last call: path, then the headers that matter here.
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().expect("unpoisoned"))
    }

    fn update(&self, dir: &Path, ecosystems: &[&str]) -> Result<Outcome, FetchError> {
        let mut request = Request::new(dir, dir.join("snapshot"));
        request.base_url.clone_from(&self.url);
        request.ecosystems = ecosystems.iter().map(|&one| one.to_owned()).collect();
        request.pause = Duration::from_millis(1);
        request.patience = Duration::from_secs(5);
        request.archive_bytes_max = 1 << 20;
        update(&request, &mut |_| {})
    }
}

fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<String>>,
    answers: &Mutex<HashMap<String, Vec<Answer>>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut note = path.clone();
    for name in ["range", "if-range", "if-none-match"] {
        if let Some(value) = headers.get(name) {
            note.push_str(&format!(" {name}={value}"));
        }
    }
    seen.lock().expect("unpoisoned").push(note);
    let answer = {
        let mut answers = answers.lock().expect("unpoisoned");
        match answers.get_mut(&path) {
            None => Answer::Status(404),
            Some(left) if left.len() > 1 => left.remove(0),
            Some(left) => left.first().cloned().unwrap_or(Answer::Status(404)),
        }
    };
    let mut say = |head: &str, length: usize, body: &[u8]| {
        let text = format!(
            "HTTP/1.1 {head}\r\nETag: {TAG}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(text.as_bytes())?;
        stream.write_all(body)
    };
    match answer {
        Answer::Whole(_) if headers.get("if-none-match").is_some_and(|tag| tag == TAG) => {
            say("304 Not Modified", 0, b"")
        }
        Answer::Whole(body) | Answer::Changed(body) => say("200 OK", body.len(), &body),
        Answer::CutAfter(body, at) => say("200 OK", body.len(), body.get(..at).unwrap_or(&body)),
        Answer::Rest(body) => {
            let from = headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
            let from: usize = from.and_then(|from| from.parse().ok()).unwrap_or_default();
            let rest = body.get(from..).unwrap_or_default();
            let range = format!("Content-Range: bytes {from}-{}/{}", body.len() - 1, body.len());
            say(&format!("206 Partial Content\r\n{range}"), rest.len(), rest)
        }
        Answer::Status(code) => say(&format!("{code} Whatever"), 0, b""),
        Answer::Redirect(to) => say(&format!("302 Found\r\nLocation: {to}"), 0, b""),
    }
}

fn record(ecosystem: &str, id: &str, time: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"{time}","affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"p"}},"versions":["1"]}}]}}"#
    )
}

/// An archive with one record.
fn archive(ecosystem: &str, id: &str) -> Vec<u8> {
    let record = record(ecosystem, id, "2026-01-01T00:00:00Z");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(format!("{id}.json"), zip::write::SimpleFileOptions::default()).expect("an entry");
    zip.write_all(record.as_bytes()).expect("written");
    zip.finish().expect("finished").into_inner()
}

fn dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn ids(dir: &TempDir) -> Vec<String> {
    let snapshot = Snapshot::open(&dir.path().join("snapshot")).expect("a snapshot");
    snapshot.verify().expect("whole");
    snapshot.all_ids().map(|id| id.expect("readable").to_owned()).collect()
}

#[test]
fn fetched_once_and_kept_while_unchanged() {
    let (server, dir) = (Server::start(), dir());
    server.on("/npm/all.zip", &[Answer::Whole(archive("npm", "A"))]);
    server.on("/GitHub%20Actions/all.zip", &[Answer::Whole(archive("GitHub Actions", "B"))]);
    let first = server.update(dir.path(), &["npm", "GitHub Actions"]).expect("fetched");
    assert_eq!((first.fetched.len(), first.kept.len(), first.built.is_some()), (2, 0, true));
    assert_eq!(ids(&dir), ["A", "B"]);
    server.seen();
    let second = server.update(dir.path(), &["npm"]).expect("kept");
    // What was fetched before is refreshed with it.
    assert_eq!((second.fetched.len(), second.kept.len(), second.built.is_some()), (0, 2, false));
    assert_eq!(
        server.seen(),
        [
            "/GitHub%20Actions/modified_id.csv",
            "/GitHub%20Actions/all.zip if-none-match=\"one\"",
            "/npm/modified_id.csv",
            "/npm/all.zip if-none-match=\"one\""
        ]
    );
    // A snapshot that is gone is built again from what is kept.
    std::fs::remove_file(dir.path().join("snapshot")).expect("removed");
    assert!(server.update(dir.path(), &["npm"]).expect("kept").built.is_some());
    assert_eq!(ids(&dir), ["A", "B"]);
}

#[test]
fn where_the_server_lists_what_changed_only_that_is_fetched() {
    const LIST: &str = "/npm/modified_id.csv";
    let (server, dir) = (Server::start(), dir());
    let update = || {
        let outcome = server.update(dir.path(), &["npm"]).expect("updated");
        (outcome.built.is_some(), server.seen(), ids(&dir))
    };
    let listed = |lines: &[&str]| Answer::Changed(lines.join("\n").into_bytes());
    let old = "2026-01-01T00:00:00Z,A";
    server.on("/npm/all.zip", &[Answer::Whole(archive("npm", "A"))]);
    server.on("/npm/B.json", &[Answer::Whole(record("npm", "B", "2026-02-01T00:00:00Z").into())]);
    let (_, seen, _) = update();
    assert_eq!(seen, ["/npm/all.zip"], "the first time there is nothing to compare");

    server.on(LIST, &[listed(&["2026-02-01T00:00:00Z,B", old])]);
    let (built, seen, have) = update();
    assert_eq!((built, &seen[..]), (true, &[LIST.to_owned(), "/npm/B.json".to_owned()][..]));
    assert_eq!(have, ["A", "B"]);

    // The list has not changed, or has and says nothing new.
    for answer in [Answer::Whole(Vec::new()), listed(&["2026-02-01T00:00:00Z,B", old])] {
        server.on(LIST, &[answer]);
        let (built, seen, have) = update();
        assert_eq!((built, &seen[..]), (false, &[format!("{LIST} if-none-match=\"one\"")][..]));
        assert_eq!(have, ["A", "B"]);
    }

    // A changed record takes the place of the one in the archive; one that is gone meanwhile is left out.
    server.on("/npm/A.json", &[Answer::Whole(record("npm", "A", "2026-03-01T00:00:00Z").into())]);
    server
        .on(LIST, &[listed(&["2026-03-01T00:00:00Z,A", "2026-03-01T00:00:00Z,C", "2026-02-01T00:00:00Z,B"])]);
    let (built, seen, have) = update();
    assert_eq!((built, &seen[1..]), (true, &["/npm/A.json".to_owned(), "/npm/C.json".to_owned()][..]));
    assert_eq!(have, ["A", "B"]);
    let snapshot = Snapshot::open(&dir.path().join("snapshot")).expect("a snapshot");
    assert_eq!(snapshot.meta().newest, "2026-03-01T00:00:00Z");

    // One that was deleted goes, though the archive lags behind; what the archive lacks is fetched again.
    server.on(LIST, &[listed(&["2026-03-01T00:00:00Z,A"])]);
    let (built, seen, have) = update();
    assert!(built && seen.iter().any(|one| one.starts_with("/npm/all.zip")), "{seen:?}");
    assert_eq!(have, ["A"]);

    // What is no list leaves the archive to say what there is.
    for nonsense in [&b"<html>"[..], b"2026-03-01T00:00:00Z,../../A\n"] {
        server.on(LIST, &[Answer::Changed(nonsense.to_vec())]);
        let (_, seen, have) = update();
        assert_eq!(
            (&seen[1..], &have[..]),
            (&["/npm/all.zip if-none-match=\"one\"".to_owned()][..], &["A".to_owned()][..])
        );
    }
}

#[test]
fn a_broken_download_goes_on_where_it_stopped() {
    let (server, dir) = (Server::start(), dir());
    let body = archive("npm", "A");
    server.on("/npm/all.zip", &[Answer::CutAfter(body.clone(), 40), Answer::Rest(body)]);
    let outcome = server.update(dir.path(), &["npm"]).expect("fetched");
    assert_eq!(outcome.fetched, ["npm"]);
    assert_eq!(server.seen(), ["/npm/all.zip", "/npm/all.zip range=bytes=40- if-range=\"one\""]);
    assert_eq!(ids(&dir), ["A"]);
}

#[test]
fn a_changed_archive_is_not_glued_to_the_old_half() {
    let (server, dir) = (Server::start(), dir());
    let (old, new) = (archive("npm", "OLD"), archive("npm", "NEW"));
    server.on(
        "/npm/all.zip",
        &[Answer::CutAfter(old, 40), Answer::CutAfter(new.clone(), 60), Answer::Rest(new)],
    );
    server.update(dir.path(), &["npm"]).expect("fetched");
    assert_eq!(ids(&dir), ["NEW"]);
}

#[test]
fn an_ecosystem_that_is_not_there_is_named_and_not_covered() {
    let (server, dir) = (Server::start(), dir());
    server.on("/npm/all.zip", &[Answer::Whole(archive("npm", "A"))]);
    let outcome = server.update(dir.path(), &["Hex", "npm"]).expect("fetched");
    assert_eq!(outcome.missing, ["Hex"]);
    assert!(!Snapshot::open(&dir.path().join("snapshot")).expect("a snapshot").covers("Hex"));
    assert!(matches!(server.update(self::dir().path(), &["Hex"]), Err(FetchError::NothingThere(_))));
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let (server, dir) = (Server::start(), dir());
    server.on(
        "/npm/all.zip",
        &[
            Answer::Status(500),
            Answer::Status(429),
            Answer::CutAfter(archive("npm", "A"), 0),
            Answer::Whole(archive("npm", "A")),
        ],
    );
    server.update(dir.path(), &["npm"]).expect("fetched at last");
    assert_eq!(server.seen().len(), 4);
    server.on("/npm/all.zip", &[Answer::Status(503)]);
    let error = server.update(dir.path(), &["npm"]).expect_err("gives up").to_string();
    assert!(error.contains("503") && error.contains("gave up"), "{error}");
    server.on("/npm/all.zip", &[Answer::Status(403)]);
    assert!(server.update(dir.path(), &["npm"]).is_err());
    // The old snapshot is as it was.
    assert_eq!(ids(&dir), ["A"]);
}

#[test]
fn what_is_no_archive_is_refused_and_the_old_snapshot_stays() {
    let (server, dir) = (Server::start(), dir());
    server.on("/npm/all.zip", &[Answer::Whole(archive("npm", "A"))]);
    server.update(dir.path(), &["npm"]).expect("fetched");
    // Told apart by its tag only; this server has one, so the cached tag must go.
    std::fs::remove_file(dir.path().join("archives/npm/all.zip.http")).expect("removed");
    server.on("/npm/all.zip", &[Answer::Whole(b"<html>Sign in to this network</html>".to_vec())]);
    let error = server.update(dir.path(), &["npm"]).expect_err("refused").to_string();
    assert!(error.contains("not a zip archive"), "{error}");
    assert_eq!(ids(&dir), ["A"]);
    server.on("/npm/all.zip", &[Answer::Whole(vec![0; 2 << 20])]);
    let error = server.update(dir.path(), &["npm"]).expect_err("refused").to_string();
    assert!(error.contains("larger than"), "{error}");
    assert_eq!(ids(&dir), ["A"]);
}

#[test]
fn redirects_stay_with_their_host() {
    let (server, other, dir) = (Server::start(), Server::start(), dir());
    server.on("/npm/all.zip", &[Answer::Redirect("/moved/npm.zip".to_owned())]);
    server.on("/moved/npm.zip", &[Answer::Whole(archive("npm", "A"))]);
    server.update(dir.path(), &["npm"]).expect("fetched");
    assert_eq!(ids(&dir), ["A"]);
    for to in
        [format!("{}/npm/all.zip", other.url), "//elsewhere.example/x".to_owned(), "file:///etc/x".to_owned()]
    {
        server.on("/npm/all.zip", &[Answer::Redirect(to)]);
        let error = server.update(dir.path(), &["npm"]).expect_err("refused").to_string();
        assert!(error.contains("redirects to another host"), "{error}");
    }
    server.on("/npm/all.zip", &[Answer::Redirect("/npm/all.zip".to_owned())]);
    let error = server.update(dir.path(), &["npm"]).expect_err("refused").to_string();
    assert!(error.contains("in circles"), "{error}");
    assert!(other.seen().is_empty());
}

#[test]
fn the_servers_own_list_is_used_and_not_trusted() {
    let (server, dir) = (Server::start(), dir());
    server.on("/ecosystems.txt", &[Answer::Whole(b"npm\n../../up\nDebian:12\n/etc\n\nHex\n".to_vec())]);
    server.on("/npm/all.zip", &[Answer::Whole(archive("npm", "A"))]);
    let outcome = server.update(dir.path(), &[]).expect("fetched");
    assert_eq!((outcome.fetched, outcome.missing), (vec!["npm".to_owned()], vec!["Hex".to_owned()]));
    assert!(matches!(server.update(dir.path(), &["../up"]), Err(FetchError::Name(_))));
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let dir = dir();
    for url in [
        "http://osv.example",
        "ftp://osv.example",
        "osv.example",
        "http://localhost@osv.example/",
        "https://",
    ] {
        let mut request = Request::new(dir.path(), dir.path().join("snapshot"));
        request.base_url = url.to_owned();
        assert!(matches!(update(&request, &mut |_| {}), Err(FetchError::Insecure(_))), "{url}");
    }
}

#[test]
fn two_updates_at_once_are_told_apart() {
    let (server, dir) = (Server::start(), dir());
    server.on("/npm/all.zip", &[Answer::Whole(archive("npm", "A"))]);
    let other = std::fs::File::create(dir.path().join("update.lock")).expect("created");
    other.try_lock().expect("free");
    assert!(matches!(server.update(dir.path(), &["npm"]), Err(FetchError::Locked(_))));
    drop(other);
    server.update(dir.path(), &["npm"]).expect("fetched");
}

fn online(server: &Server, dir: Option<&Path>, now: u64) -> Online {
    Online::new(&server.url, dir.map(Path::to_owned), now).expect("an address")
}

fn licenses(online: &Online, purl: &str) -> Result<Vec<String>, String> {
    let said = online.ask(&purl.parse::<Purl>().expect("a package URL"))?;
    Ok(said.into_iter().map(|(text, _)| text).collect())
}

/// An answer of the documented shape, with more fields than are read.
fn version(licenses: &str) -> Answer {
    let body = format!(r#"{{"versionKey": {{"system": "NPM"}}, "licenses": [{licenses}], "links": []}}"#);
    Answer::Whole(body.into_bytes())
}

#[test]
fn licences_are_asked_once_and_kept() {
    let (server, dir) = (Server::start(), TempDir::new().expect("a directory"));
    server.on("/v3/systems/npm/packages/%40s%2Fa/versions/1.0.0", &[version(r#""MIT", "ISC""#)]);
    server.on("/v3/systems/go/packages/x.example%2Fy/versions/v1.2.3", &[version(r#""non-standard""#)]);
    server.on("/v3/systems/maven/packages/g%3Aa/versions/2.0%2B1", &[version(r#""Apache-2.0""#)]);
    let first = online(&server, Some(dir.path()), 1_000_000_000);
    assert_eq!(licenses(&first, "pkg:npm/%40s/a@1.0.0"), Ok(vec!["MIT".to_owned(), "ISC".to_owned()]));
    assert_eq!(licenses(&first, "pkg:golang/x.example/y@v1.2.3"), Ok(vec![]));
    assert_eq!(licenses(&first, "pkg:maven/g/a@2.0%2B1?type=jar"), Ok(vec!["Apache-2.0".to_owned()]));
    assert_eq!(licenses(&first, "pkg:npm/none@1.0.0"), Ok(vec![]));
    assert_eq!(server.seen().len(), 4);
    // What the service cannot know is not asked.
    assert_eq!(licenses(&first, "pkg:githubactions/a/b@v1"), Ok(vec![]));
    assert_eq!(licenses(&first, "pkg:npm/a"), Ok(vec![]));
    // Known for months, unknown for a week.
    let later = online(&server, Some(dir.path()), 1_000_000_000 + 8 * 86_400);
    assert_eq!(licenses(&later, "pkg:npm/%40s/a@1.0.0"), Ok(vec!["MIT".to_owned(), "ISC".to_owned()]));
    assert_eq!(licenses(&later, "pkg:npm/none@1.0.0"), Ok(vec![]));
    assert_eq!(server.seen(), ["/v3/systems/npm/packages/none/versions/1.0.0"]);
}

#[test]
fn a_busy_service_is_asked_again_and_a_broken_one_left_alone() {
    let server = Server::start();
    let path = |name: &str| format!("/v3/systems/npm/packages/{name}/versions/1.0.0");
    server.on(&path("busy"), &[Answer::Status(429), Answer::Status(503), version(r#""MIT""#)]);
    server.on(&path("odd"), &[Answer::Whole(b"<html>".to_vec())]);
    server.on(&path("refused"), &[Answer::Status(403)]);
    let online = online(&server, None, 1_000_000_000);
    assert_eq!(licenses(&online, "pkg:npm/busy@1.0.0"), Ok(vec!["MIT".to_owned()]));
    assert!(licenses(&online, "pkg:npm/odd@1.0.0").is_err_and(|why| why.contains("not as documented")));
    for _ in 0..2 {
        assert!(licenses(&online, "pkg:npm/refused@1.0.0").is_err_and(|why| why.contains("403")));
    }
    server.seen();
    assert!(licenses(&online, "pkg:npm/busy@1.0.0").is_err_and(|why| why.contains("not asked again")));
    assert_eq!(server.seen(), [""; 0]);
    assert!(Online::new("http://deps.example", None, 0).is_err(), "in the clear");
}

/// From the command line: nothing is asked without the flag, and the evidence says who answered.
#[test]
fn a_scan_asks_only_when_told_to() {
    let (server, home) = (Server::start(), TempDir::new().expect("a directory"));
    server.on("/v3/systems/npm/packages/a/versions/1.0.0", &[version(r#""MIT""#)]);
    let lock = r#"{"name": "demo", "version": "1.0.0", "lockfileVersion": 3, "packages": {
        "": {"name": "demo", "version": "1.0.0", "dependencies": {"a": "1"}}, "node_modules/a": {"version": "1.0.0"}}}"#;
    std::fs::create_dir(home.path().join("demo")).expect("a directory");
    std::fs::write(home.path().join("demo/package-lock.json"), lock).expect("a file");
    let run = |args: &[&str]| {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_tidewaiter"))
            .args(args)
            .env_clear()
            .env("HOME", home.path())
            .env("TIDEWAITER_ONLINE_URL", &server.url)
            .current_dir(home.path())
            .output()
            .expect("the program starts");
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
    };
    assert!(run(&["licenses", "demo"]).contains("0 % with a licence"));
    assert_eq!(server.seen(), [""; 0]);
    let out = run(&["licenses", "demo", "--online", "--why", "MIT"]);
    assert!(out.contains("declared MIT, <online>:pkg:npm/a@1.0.0 (online)"), "{out}");
    assert_eq!(server.seen().len(), 1);
    assert!(run(&["licenses", "demo", "--online"]).contains("100 % with a licence"));
    assert_eq!(server.seen(), [""; 0], "the answer was kept");
    assert!(run(&["scan", "demo", "--online", "--offline"]).contains("--online does not go with --offline"));
}
