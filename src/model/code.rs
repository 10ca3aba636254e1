//! The codes of diagnostics, explained once: `tidewaiter explain CODE` and `tidewaiter list codes` read this table.

/// A diagnostic's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub name: &'static str,
    /// What it says, in a sentence.
    pub meaning: &'static str,
    /// What to do about it.
    pub help: &'static str,
}

/// Every code, sorted by name; a test holds it against the sources.
pub static CODES: &[Code] = &[
    Code {
        name: "advisory-answered",
        meaning: "whether an advisory applies cannot be decided, and a VEX statement or a waiver answers it",
        help: "see that the answer still holds; the JSON report has it under `undecided`",
    },
    Code {
        name: "advisory-ecosystem-not-covered",
        meaning: "the advisory snapshot holds no records of an ecosystem that is in the tree",
        help: "run `tidewaiter db update`, or import the ecosystem's records with `tidewaiter db import`",
    },
    Code {
        name: "advisory-floating-version",
        meaning: "a floating version such as `v4` lies across the border of an advisory's range, so it cannot be decided offline",
        help: "pin the exact version or commit",
    },
    Code {
        name: "advisory-minimum-version",
        meaning: "a go.mod names the lowest Go release that may build it, not the one that does; advisories of its standard library may apply or not",
        help: "name the release in a `toolchain` line",
    },
    Code {
        name: "advisory-needs-history",
        meaning: "advisories name commits of a component's repository, and its history is not here to compare with",
        help: "check the submodule out with its whole history (`git fetch --unshallow`), or read the advisories",
    },
    Code {
        name: "advisory-not-a-release",
        meaning: "a component is a commit or a directory; advisories name releases, and the version it calls itself says too little",
        help: "compare the code with the fixed release by hand, or use the release",
    },
    Code {
        name: "advisory-requirement-affected",
        meaning: "a package is required without a locked version, and every version that is allowed is affected",
        help: "require a fixed version, or remove the requirement and read the advisory (`tidewaiter explain ID`)",
    },
    Code {
        name: "advisory-requirement-clear",
        meaning: "packages are required without a locked version, and no known advisory is about any that is allowed",
        help: "nothing needs to be done; a lockfile keeps it so",
    },
    Code {
        name: "advisory-requirement-unlocked",
        meaning: "packages are required without a locked version, and there are advisories for their names",
        help: "commit a lockfile; the JSON report names every advisory under `undecided`",
    },
    Code {
        name: "advisory-snapshot-damaged",
        meaning: "the advisory snapshot is damaged; matches may be missing",
        help: "run `tidewaiter db update` or `tidewaiter db import` again",
    },
    Code {
        name: "advisory-undecided",
        meaning: "a version and an advisory's range cannot be compared, so nobody knows whether it applies",
        help: "read the advisory (`tidewaiter explain ID`) and waive it where it does not apply",
    },
    Code {
        name: "advisory-unmatchable-pin",
        meaning: "an action is pinned to a commit, and advisories name versions",
        help: "compare the pinned commit with the advisory by hand",
    },
    Code {
        name: "advisory-version-unknown",
        meaning: "a component has no version, and there are advisories for its name",
        help: "lock its version",
    },
    Code {
        name: "archive-broken",
        meaning: "a package archive could not be opened",
        help: "build or download the archive again, or leave it out with --exclude",
    },
    Code {
        name: "catalog-entry-overruled",
        meaning: "a version catalogue and a lockfile name different versions; the lockfile's counts",
        help: "write the locks again, so that both agree",
    },
    Code {
        name: "coordinates-unresolved",
        meaning: "a dependency's group or artifact comes from something that is not in the tree",
        help: "put the parent POM into the tree or the local repository",
    },
    Code {
        name: "curation-contradicted",
        meaning: "two curations say different licences of one component, so that neither is applied",
        help: "keep one of them, or tell them apart by `versions`",
    },
    Code {
        name: "curation-expired",
        meaning: "a curation's last day is over, and it is not applied any more",
        help: "look at the package again, then move `until` or remove the curation",
    },
    Code {
        name: "curation-text-differs",
        meaning: "a curation is about a licence text that the package does not have, so that it is not applied",
        help: "look at the package's text; write its SHA-256 or remove the curation",
    },
    Code {
        name: "curation-unused",
        meaning: "a curation is about a package that is not here",
        help: "nothing, if the file serves several repositories",
    },
    Code {
        name: "dependency-declared-twice",
        meaning: "a POM declares the same dependency twice; Maven takes the last",
        help: "remove one of them",
    },
    Code {
        name: "dependency-unreadable",
        meaning: "one entry of a manifest could not be read",
        help: "write the entry as the package manager's documentation says",
    },
    Code {
        name: "directory-unreadable",
        meaning: "a directory could not be listed",
        help: "give the scanner permission, or leave it out with --exclude",
    },
    Code {
        name: "end-of-life-unchecked",
        meaning: "the date is not known, so nothing could be seen to be maintained no more",
        help: "scan with the clock available",
    },
    Code {
        name: "entries-limit",
        meaning: "a file has more entries than one file may have",
        help: "split the file, or leave it out with --exclude",
    },
    Code {
        name: "entry-broken",
        meaning: "one entry of a file could not be read; the others were",
        help: "generate the file again",
    },
    Code {
        name: "file-too-large",
        meaning: "a file is larger than the limit",
        help: "raise --max-file-size, or leave the file out with --exclude",
    },
    Code {
        name: "file-truncated",
        meaning: "a file ends in the middle of something",
        help: "restore the file from version control",
    },
    Code {
        name: "file-unreadable",
        meaning: "a file could not be opened",
        help: "give the scanner permission, or leave it out with --exclude",
    },
    Code {
        name: "format-not-supported",
        meaning: "files that name components are of a kind that is not read yet",
        help: "the components they name are missing; see `tidewaiter list formats`",
    },
    Code {
        name: "image-dynamic",
        meaning: "a workflow computes which container image a job or service runs in; the image was left out",
        help: "name the image and its digest, or look at what the expression can become",
    },
    Code {
        name: "indexes-without-order",
        meaning: "pip is told to ask several indexes and takes the highest version that any of them offers, whoever published it",
        help: "name one index that serves everything, or bind each package to its own index",
    },
    Code {
        name: "internal-panic",
        meaning: "a reader failed on a file in a way that it must never fail",
        help: "please report it with the file",
    },
    Code { name: "invalid-utf8", meaning: "a file is not valid UTF-8", help: "save it as UTF-8" },
    Code {
        name: "json-broken",
        meaning: "a file is not valid JSON from the named line on; what stands before was read",
        help: "correct the file, or generate it again",
    },
    Code {
        name: "license-place-failed",
        meaning: "a licence snapshot or service could not be asked, so that licences may be missing",
        help: "make the snapshot again, or try the service later",
    },
    Code {
        name: "license-text-too-large",
        meaning: "a licence text is larger than the limit",
        help: "keep the licence in a file of its own",
    },
    Code {
        name: "license-text-unknown",
        meaning: "a licence file holds no licence that is known",
        help: "state the licence in the package's metadata, or by a curation",
    },
    Code { name: "lockfile-empty", meaning: "a lockfile is empty", help: "generate it again, or remove it" },
    Code {
        name: "lockfile-from-tool",
        meaning: "a tool resolved a lockfile that is not in the tree",
        help: "commit the lockfile",
    },
    Code {
        name: "lockfile-reference-missing",
        meaning: "a locked package refers to another that the lockfile does not hold",
        help: "generate the lockfile again",
    },
    Code {
        name: "lockfile-stale",
        meaning: "a manifest declares something that its lockfile does not hold, or holds outside of the declared range",
        help: "run the package manager's lock command and commit the result",
    },
    Code {
        name: "lockfile-unreadable",
        meaning: "a lockfile is not of the shape that its format has",
        help: "generate it again",
    },
    Code {
        name: "lockfile-version-unsupported",
        meaning: "a lockfile is of a version that is not known",
        help: "generate it with a supported version of the package manager",
    },
    Code {
        name: "lockfiles-several",
        meaning: "a project has lockfiles of several package managers; all were read",
        help: "keep the one that is in use",
    },
    Code {
        name: "manifest-is-code",
        meaning: "a project declares its dependencies in code, which is never run",
        help: "declare them in a static manifest, or commit a lockfile",
    },
    Code {
        name: "manifest-unreadable",
        meaning: "a manifest is not of the shape that its format has",
        help: "correct the file",
    },
    Code {
        name: "merge-conflict",
        meaning: "a file holds an unresolved merge conflict",
        help: "resolve the conflict",
    },
    Code {
        name: "module-missing",
        meaning: "a POM names a module that is not in the tree",
        help: "scan the whole build, or remove the module",
    },
    Code {
        name: "package-manager-left-out",
        meaning: "an entry about the package manager itself was left out",
        help: "nothing needs to be done",
    },
    Code {
        name: "package-name-invalid",
        meaning: "a name cannot be a package's name",
        help: "correct the entry",
    },
    Code {
        name: "path-not-utf8",
        meaning: "a path is not valid UTF-8 and was not looked at",
        help: "rename the file, or leave it out with --exclude",
    },
    Code {
        name: "policy-file-invalid",
        meaning: "the repository's own tidewaiter.toml has mistakes and is not in force",
        help: "correct the file",
    },
    Code {
        name: "policy-loosened",
        meaning: "the repository's own file loosens a rule, and may",
        help: "review it; the organisation's rules can forbid it",
    },
    Code {
        name: "policy-loosening-refused",
        meaning: "the repository's own file tries to loosen a rule, and may not",
        help: "ask the organisation for a waiver",
    },
    Code {
        name: "profile-by-machine",
        meaning: "a Maven profile depends on the JDK, the system or the environment; it was judged as on Linux with JDK 17",
        help: "look at the profile if the release is built elsewhere",
    },
    Code {
        name: "profile-not-active",
        meaning: "a Maven profile is not active by default; its dependencies were left out",
        help: "look at the profile if the release is built with it",
    },
    Code {
        name: "reference-broken",
        meaning: "a workflow refers to something that is no action or no container image",
        help: "correct the reference",
    },
    Code {
        name: "reference-dynamic",
        meaning: "a workflow step computes what it uses",
        help: "name the action and its commit",
    },
    Code {
        name: "registries-too-many",
        meaning: "settings name more registries than are compared with; a package of another may be taken for a stranger's",
        help: "name fewer registries, or list the project's own in the rule `registry-mismatch`",
    },
    Code {
        name: "requirement-include-missing",
        meaning: "a requirements file includes another that is not there",
        help: "add the file, or remove the line",
    },
    Code {
        name: "requirement-include-outside",
        meaning: "a requirements file includes another outside the tree",
        help: "scan the tree that holds it, or keep a copy beside this file",
    },
    Code {
        name: "requirement-local-path",
        meaning: "a requirement names a directory that describes no project",
        help: "give the directory a pyproject.toml, or correct the path",
    },
    Code {
        name: "requirement-retracted",
        meaning: "a module requires a version of another one of its workspace that this one's go.mod retracts",
        help: "require a version that is not retracted: outside of the workspace that one is built",
    },
    Code {
        name: "requirement-unreadable",
        meaning: "one line is no requirement",
        help: "write it as PEP 508 says",
    },
    Code {
        name: "requirement-variable",
        meaning: "a requirement takes its version or address from the environment",
        help: "write it into the file",
    },
    Code {
        name: "requirements-not-recognized",
        meaning: "a file has the name of a requirements file and another content",
        help: "rename it, or leave it out with --exclude",
    },
    Code {
        name: "script-broken",
        meaning: "a build script could not be read as text",
        help: "correct the file",
    },
    Code {
        name: "script-too-long",
        meaning: "a build script is longer than what is read of it",
        help: "lock the build's dependencies",
    },
    Code {
        name: "submodule-commit-unknown",
        meaning: "`.gitmodules` names a submodule, but the repository that records its commit is not there",
        help: "scan a clone of the repository instead of a copy of its files",
    },
    Code {
        name: "symlink-not-followed",
        meaning: "a symbolic link leads out of the tree or nowhere",
        help: "scan the tree that holds the file, or leave the link out with --exclude",
    },
    Code {
        name: "toml-broken",
        meaning: "a file is not valid TOML at the named line; the rest was read",
        help: "correct the file, or generate it again",
    },
    Code {
        name: "tool-failed",
        meaning: "a tool that --with-tools allows could not do its work",
        help: "run the tool by hand in the project, or commit a lockfile",
    },
    Code {
        name: "tool-without-module",
        meaning: "go.mod names a tool that no required module provides",
        help: "run `go mod tidy`",
    },
    Code {
        name: "vendor-inconsistent",
        meaning: "vendor/modules.txt and go.mod disagree",
        help: "run `go mod vendor`",
    },
    Code {
        name: "vex-conflict",
        meaning: "VEX statements about the same advisory and component contradict each other; the more careful one holds",
        help: "find out which is right, and leave the other out of --vex",
    },
    Code {
        name: "vex-fixed-but-matched",
        meaning: "a VEX statement says that a version is fixed which the advisory's ranges still cover; it was applied",
        help: "make sure that this build has the fix: the version alone does not say so",
    },
    Code {
        name: "vex-holds-in-part",
        meaning: "a VEX statement is about a component in some of the projects that need it, and was not applied",
        help: "add a statement for the other projects, or one about the component itself",
    },
    Code {
        name: "vex-product-elsewhere",
        meaning: "a VEX statement is about a component within a product that is not in the tree, or not all that brings it in, and was not applied",
        help: "if the product is this repository, say so with --vex-product",
    },
    Code {
        name: "vex-range-undecided",
        meaning: "a component's version cannot be compared with a VEX statement's range, and the statement was not applied",
        help: "ask the author for the versions themselves",
    },
    Code {
        name: "vex-reason-missing",
        meaning: "a CycloneDX analysis says `not_affected` and gives no reason; the format allows it, so it was applied",
        help: "ask its author for a justification, or leave the document out",
    },
    Code {
        name: "vex-signature-unchecked",
        meaning: "a VEX document came in a signed envelope, of which the signature was not checked",
        help: "check it before the scan, with `cosign verify-attestation` or `vexctl verify`",
    },
    Code {
        name: "vex-statement-invalid",
        meaning: "a VEX statement lacks what its format demands, and was not applied; the others of the document were",
        help: "correct the statement",
    },
    Code {
        name: "vex-unused",
        meaning: "a VEX statement is about no advisory and component that match here",
        help: "nothing needs to be done",
    },
    Code {
        name: "waiver-ending",
        meaning: "a waiver ends within two weeks",
        help: "resolve what it covers, or decide again and write a new date",
    },
    Code {
        name: "waiver-expiry-unchecked",
        meaning: "the date is not known, so no waiver could be seen to have expired",
        help: "scan with the clock available",
    },
    Code { name: "waiver-unused", meaning: "a waiver covers nothing", help: "remove it" },
    Code {
        name: "workspace-member-missing",
        meaning: "go.work names a member that is not in the tree",
        help: "scan a directory that holds the whole workspace",
    },
    Code {
        name: "xml-broken",
        meaning: "a file is not well-formed XML at the named line; what stands before was read",
        help: "correct the file",
    },
    Code {
        name: "yaml-broken",
        meaning: "a file is not valid YAML at the named line; what stands before was read",
        help: "correct the file, or generate it again",
    },
];
