//! Updates that are killed or meet, and files that are no snapshots.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tidewaiter::advisory::{Snapshot, build};

use crate::support::Random;
use crate::support::db::{DAY, EPSS, KEV, NEXT_DAY, Place, record, tree};

/// Killed at any point, an update leaves the old snapshot or the new one, and the next update works.
/// `TIDEWAITER_KILLS=200` for the long run.
#[test]
fn a_killed_update_leaves_the_old_snapshot_or_the_new_one() {
    let kills: u32 = std::env::var("TIDEWAITER_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let place = Place::new();
    let records = |generation: usize| -> Vec<String> {
        let details = "words that take a while to pack ".repeat(40);
        (0..1500)
            .map(|n| {
                let mut one: Value = serde_json::from_str(&record(
                    &format!("R-{generation}-{n:04}"),
                    &[],
                    "2026-01-02T00:00:00Z",
                    "one",
                ))
                .expect("JSON");
                one["details"] = format!("{details} {n} {}", n * 7919).into();
                one.to_string()
            })
            .collect()
    };
    let url = format!("file://{}", place.text("srv"));
    let update = ["db", "update", "--url", &url, "--ecosystem", "crates.io"];
    place.mirror("srv", "crates.io", &records(0));
    let started = Instant::now();
    place.run(&update, DAY, 0, &[]);
    let whole = started.elapsed();
    tree(&place, &["one"]);
    let generations: Vec<Vec<String>> = (0..2).map(records).collect();
    let mut random = Random(0x5eed);
    let (mut killed, mut seen) = (0, BTreeSet::new());
    for n in 0..kills {
        place.mirror("srv", "crates.io", &generations[(n as usize + 1) % 2]);
        let mut child = place
            .command(&update, DAY + u64::from(n) * 3600)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(whole.mul_f64(random.next(1000) as f64 / 1000.0));
        child.kill().expect("killed or over");
        killed += u32::from(!child.wait().expect("it ended").success());
        let ids = place.ids();
        assert_eq!(ids.len(), 1500);
        let generation = ids[0].get(..4).expect("an id").to_owned();
        assert!(ids.iter().all(|id| id.starts_with(&generation)), "a mixture");
        seen.insert(generation);
        if n % 8 == 0 {
            let out = place.output(&["scan", "tree", "--offline", "--max-db-age", "0"], DAY);
            assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
        }
    }
    assert!(killed > 0, "none of {kills} was killed");
    place.run(&update, NEXT_DAY * 2, 0, &[]);
    let left: Vec<String> = fs::read_dir(place.path("db"))
        .expect("listed")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Two at once: one of them works, or both in turn; the other says why not, and the snapshot is whole.
#[test]
fn two_updates_at_once_do_not_disturb_each_other() {
    let place = Place::new();
    place.mirror("srv", "crates.io", &[record("A", &[], "2026-01-02T00:00:00Z", "one")]);
    let url = format!("file://{}", place.text("srv"));
    let update = ["db", "update", "--url", &url, "--ecosystem", "crates.io"];
    for _ in 0..4 {
        let children: Vec<_> = (0..4)
            .map(|_| place.command(&update, DAY).stderr(Stdio::piped()).spawn().expect("the program starts"))
            .collect();
        let mut worked = 0;
        for child in children {
            let output = child.wait_with_output().expect("it ended");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            match output.status.code() {
                Some(0) => worked += 1,
                Some(2) => assert!(said.contains("another update is running"), "{said}"),
                code => panic!("{code:?}: {said}"),
            }
        }
        assert!(worked > 0);
        assert_eq!(place.ids(), ["A"]);
    }
}

/// What is asked of a snapshot, of one that opens.
fn ask_everything(path: &Path) {
    let started = Instant::now();
    let opened = Snapshot::open(path);
    // Optimised it takes less than 10 ms; this only tells that it ends.
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let Ok(snapshot) = opened else { return };
    let _ = snapshot.verify();
    let _ = snapshot.unread();
    for name in ["CVE-2026-1001", "GHSA-1", "nothing", ""] {
        let _ = (snapshot.record(name), snapshot.ids(name), snapshot.kev(name), snapshot.epss(name));
    }
    let _ = snapshot.all_ids().filter(Result::is_ok).count();
    let _ = tidewaiter::advisory::compare::compare(&snapshot, &snapshot);
}

/// A header's checksum over whatever it says now, so that what lies behind it is reached.
fn seal(bytes: &mut [u8]) {
    use sha2::Digest;
    let sections = bytes.get(12).copied().unwrap_or_default() as usize;
    let Some(table) = bytes.get(96..96 + sections * 16) else { return };
    let mut sha = sha2::Sha256::new();
    sha.update(&bytes[..64]);
    sha.update(table);
    let digest = sha.finalize();
    bytes[64..96].copy_from_slice(&digest);
}

/// Random bytes, cuts, flips, offsets past the end, with and without a header that vouches for them: never a panic,
/// never a wait. `TIDEWAITER_FUZZ_SECONDS=600` for the long run.
#[test]
fn hostile_snapshots_are_refused_or_survived() {
    let seconds = crate::support::fuzz_seconds();
    let place = Place::new();
    let records = [
        record("GHSA-1", &["CVE-2026-1001"], "2026-01-01T00:00:00Z", "one"),
        record("GHSA-2", &["CVE-2026-1002", "CVE-2026-1001"], "2026-01-01T00:00:00Z", "two"),
    ];
    place.mirror("in", "crates.io", &records);
    place.write("in/kev.json", KEV);
    place.write("in/epss.csv", EPSS);
    build(&[place.path("in")], &place.path("whole"), &mut |_| {}).expect("built");
    let whole = fs::read(place.path("whole")).expect("readable");
    let path = place.path("hostile");
    let mut random = Random(0x0ddba11);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut rounds = 0u32;
    while Instant::now() < until {
        rounds += 1;
        let mut bytes = whole.clone();
        match random.next(5) {
            0 => bytes = (0..random.next(4096)).map(|_| random.next(256) as u8).collect(),
            1 => bytes.truncate(random.next(whole.len())),
            2 => {
                // A section that begins or ends anywhere.
                let at = 96 + random.next(26) * 8;
                let value =
                    [u64::MAX, whole.len() as u64, whole.len() as u64 + 1, random.next(whole.len()) as u64];
                bytes[at..at + 8].copy_from_slice(&value[random.next(4)].to_le_bytes());
            }
            3 => {
                // A word of the content that points anywhere.
                let at = 304 + random.next(whole.len() - 312);
                let value = [u32::MAX, u32::MAX - 1, whole.len() as u32, random.next(1 << 16) as u32];
                bytes[at..at + 4].copy_from_slice(&value[random.next(4)].to_le_bytes());
            }
            _ => {
                for _ in 0..=random.next(16) {
                    let at = random.next(whole.len());
                    bytes[at] = random.next(256) as u8;
                }
            }
        }
        if random.next(4) > 0 && bytes.len() > 304 {
            bytes[..12].copy_from_slice(&whole[..12]);
            bytes[12] = whole[12];
            let length = bytes.len() as u64;
            bytes[16..24].copy_from_slice(&length.to_le_bytes());
            seal(&mut bytes);
        }
        fs::write(&path, &bytes).expect("written");
        ask_everything(&path);
    }
    assert!(rounds > 50, "{rounds} rounds");
}

#[test]
fn a_hostile_snapshot_is_named_by_every_command() {
    let place = Place::new();
    tree(&place, &["one"]);
    place.mirror("in", "crates.io", &[record("A", &[], "2026-01-02T00:00:00Z", "one")]);
    place.run(&["db", "import", "in"], DAY, 0, &[]);
    let whole = fs::read(place.path("db/advisories.snapshot")).expect("readable");
    let mut table = whole.clone();
    table[100] ^= 1;
    let cases: [(&[u8], &str); 4] = [
        (b"\x7fELF and so on", "this is not an advisory snapshot"),
        (&whole[..whole.len() / 2], "only half there"),
        (&table, "damaged"),
        (b"", "this is not an advisory snapshot"),
    ];
    for (bytes, said) in cases {
        place.write("db/advisories.snapshot", bytes);
        // Not even --allow-incomplete lets a scan pass with it.
        let scan = ["scan", "tree", "--offline", "--allow-incomplete"];
        place.run(&scan, DAY, 2, &[said, "tidewaiter db update"]);
        place.run(&["db", "verify"], DAY, 2, &[said]);
        place.run(&["db", "status"], DAY, 2, &[said]);
    }
}
