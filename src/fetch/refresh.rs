//! Bringing an archive of records up to date: record by record or as a whole, going on where a download stopped.
#![expect(clippy::disallowed_methods, reason = "it writes the archives that it receives")]

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::time::Duration;

use ureq::Body;
use ureq::http::{Response, StatusCode};

use super::archive::Archive;
use super::changes::{self, Todo};
use super::client::{Client, Text, conditions, header, said, server, worth_another_try};
use super::{FetchError, Progress, io_at};

const RECORD_BYTES_MAX: u64 = 16 << 20;

/// What became of an archive.
pub(super) enum Refreshed {
    Fetched,
    Kept,
    Missing,
}

/// The result of one try.
enum Try {
    Done(Refreshed),
    /// May work next time; why, and how long the server asks to wait.
    Again(String, Option<Duration>),
}

impl Client {
    /// Brings an archive up to date: record by record where the server lists what changed, else as a whole.
    pub(super) fn refresh(
        &self,
        ecosystem: &str,
        archive: &Archive,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Refreshed, FetchError> {
        if !archive.whole.is_file() {
            archive.drop_changed()?;
            return self.refresh_archive(ecosystem, archive, progress);
        }
        let url = self.url(ecosystem, "modified_id.csv");
        let before = Archive::said(&archive.list).filter(|said| said.url == url);
        let (list, said) = match self.text(&url, before.as_ref(), changes::LIST_BYTES_MAX)? {
            Text::Kept => {
                progress(Progress::Kept { ecosystem });
                return Ok(Refreshed::Kept);
            }
            Text::Missing => {
                archive.drop_changed()?;
                return self.refresh_archive(ecosystem, archive, progress);
            }
            Text::New(list, said) => (list, said),
        };
        let mut todo = changes::todo(&list, archive, false)?;
        let mut refreshed = Refreshed::Kept;
        if todo == Todo::Archive {
            archive.drop_changed()?;
            refreshed = match self.refresh_archive(ecosystem, archive, progress)? {
                Refreshed::Missing => return Ok(Refreshed::Missing),
                // Without the records beside it, it is not what was imported.
                Refreshed::Fetched | Refreshed::Kept => Refreshed::Fetched,
            };
            todo = changes::todo(&list, archive, true)?;
        }
        match todo {
            Todo::Records(ids) => {
                self.fetch_records(ecosystem, archive, &ids, progress)?;
                refreshed = Refreshed::Fetched;
            }
            Todo::Nothing => {}
            // The list is no list, or still far ahead: it is asked again next time.
            Todo::Archive => return Ok(refreshed),
        }
        Archive::remember(&archive.list, &said)?;
        if matches!(refreshed, Refreshed::Kept) {
            progress(Progress::Kept { ecosystem });
        }
        Ok(refreshed)
    }

    /// A record that the server has no more is left out: its list was a moment older.
    fn fetch_records(
        &self,
        ecosystem: &str,
        archive: &Archive,
        ids: &[String],
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), FetchError> {
        for (done, id) in ids.iter().enumerate() {
            progress(Progress::Records { ecosystem, done, total: ids.len() });
            let url = self.url(ecosystem, &format!("{id}.json"));
            if let Text::New(record, _) = self.text(&url, None, RECORD_BYTES_MAX)? {
                archive.change(id, record.as_bytes())?;
            }
        }
        Ok(())
    }

    fn url(&self, ecosystem: &str, file: &str) -> String {
        self.base.join(&format!("{}/{file}", ecosystem.replace(' ', "%20")))
    }

    fn refresh_archive(
        &self,
        ecosystem: &str,
        archive: &Archive,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Refreshed, FetchError> {
        let url = self.url(ecosystem, "all.zip");
        self.patiently(&url, || {
            Ok(match self.try_refresh(&url, ecosystem, archive, progress)? {
                Try::Done(refreshed) => Ok(refreshed),
                Try::Again(why, pause) => Err((why, pause)),
            })
        })
    }

    fn try_refresh(
        &self,
        url: &str,
        ecosystem: &str,
        archive: &Archive,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Try, FetchError> {
        let part = archive.resumable(url);
        let range;
        let mut headers: Vec<(&str, &str)> = Vec::new();
        let known = Archive::said(&archive.whole).filter(|said| said.url == url && archive.whole.is_file());
        if let Some((length, said)) = &part {
            range = format!("bytes={length}-");
            headers.extend([("Range", range.as_str()), ("If-Range", said.for_range().unwrap_or_default())]);
        } else if let Some(said) = &known {
            headers.extend(conditions(said));
        }
        let response = match self.get(url, &headers)? {
            Ok(response) => response,
            Err(why) => return Ok(Try::Again(why, None)),
        };
        if let Some((why, pause)) = worth_another_try(&response) {
            return Ok(Try::Again(why, pause));
        }
        match (response.status(), part) {
            (StatusCode::NOT_MODIFIED, None) if known.is_some() => {
                progress(Progress::Kept { ecosystem });
                Ok(Try::Done(Refreshed::Kept))
            }
            (StatusCode::NOT_FOUND | StatusCode::GONE, _) => Ok(Try::Done(Refreshed::Missing)),
            (StatusCode::OK, _) => {
                archive.drop_part();
                Archive::remember(&archive.part, &said(url, &response))?;
                self.receive(url, ecosystem, archive, response, 0, progress)
            }
            (StatusCode::PARTIAL_CONTENT, Some((have, _)))
                if header(&response, "content-range").starts_with(&format!("bytes {have}-")) =>
            {
                self.receive(url, ecosystem, archive, response, have, progress)
            }
            (
                StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::NOT_MODIFIED,
                _,
            ) => {
                archive.drop_part();
                Ok(Try::Again("the server did not go on where the download stopped".to_owned(), None))
            }
            (status, _) => Err(server(url, format!("the server answered {status}"))),
        }
    }

    /// Writes the body behind the first `have` bytes, and accepts the whole if it is a zip archive.
    fn receive(
        &self,
        url: &str,
        ecosystem: &str,
        archive: &Archive,
        response: Response<Body>,
        have: u64,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Try, FetchError> {
        let total =
            header(&response, "content-length").parse::<u64>().ok().and_then(|rest| rest.checked_add(have));
        let too_large = || {
            archive.drop_part();
            server(url, format!("the archive is larger than {} bytes", self.request.archive_bytes_max))
        };
        if total.is_some_and(|total| total > self.request.archive_bytes_max) {
            return Err(too_large());
        }
        let at_part = io_at(&archive.part);
        let mut file = OpenOptions::new().create(true).append(true).open(&archive.part).map_err(&at_part)?;
        let mut reader = response.into_body().into_reader();
        let (mut bytes, mut buffer) = (have, vec![0; 1 << 16]);
        loop {
            let n = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Ok(Try::Again(error.to_string(), None)),
            };
            file.write_all(buffer.get(..n).unwrap_or_default()).map_err(&at_part)?;
            bytes += n as u64;
            if bytes > self.request.archive_bytes_max {
                return Err(too_large());
            }
            progress(Progress::Receiving { ecosystem, bytes, total });
        }
        if total.is_some_and(|total| bytes < total) {
            return Ok(Try::Again("the connection ended early".to_owned(), None));
        }
        file.sync_all().map_err(&at_part)?;
        drop(file);
        if let Err(error) = File::open(&archive.part).map_err(&at_part).map(zip::ZipArchive::new)? {
            archive.drop_part();
            return Err(server(url, format!("what the server sent is not a zip archive: {error}")));
        }
        archive.accept()?;
        Ok(Try::Done(Refreshed::Fetched))
    }
}
