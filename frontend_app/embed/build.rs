//! Builds the web app with npm when its sources changed, and writes the table of files that `lib.rs` embeds.
//!
//! Runs nothing when the feature `bundled` is off. Never formats, lints or tests: `npm run check` does.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const WATCHED: [&str; 7] = [
    "embed/build.rs",
    "index.html",
    "package-lock.json",
    "packages",
    "public",
    "src",
    "vite.config.ts",
];
const WITHOUT: &str = "the cargo feature `bundled` puts the web app into the binary; --no-default-features leaves it out";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for path in WATCHED {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let table = out.join("files.rs");
    if std::env::var_os("CARGO_FEATURE_BUNDLED").is_none() {
        return Ok(fs::write(table, table_of(&[])?)?);
    }
    let dist = out.join("dist");
    if let Err(why) = build_web_app(&root, &dist) {
        println!("cargo::error=cannot build the web app: {why} ({WITHOUT})");
        return Ok(());
    }
    let mut files = Vec::new();
    list(&dist, &dist, &mut files)?;
    files.sort();
    fs::write(table, table_of(&files)?)?;
    Ok(())
}

fn build_web_app(root: &Path, dist: &Path) -> Result<(), String> {
    if modules_are_stale(root) {
        npm(root, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    }
    let dist = dist.display().to_string();
    npm(
        root,
        &[
            "run",
            "build",
            "--",
            "--outDir",
            &dist,
            "--emptyOutDir",
            "--logLevel",
            "error",
        ],
    )
}

/// npm writes `node_modules/.package-lock.json` last, so its age tells when the modules were complete.
fn modules_are_stale(root: &Path) -> bool {
    let written = |name: &str| fs::metadata(root.join(name)).and_then(|file| file.modified());
    match (
        written("node_modules/.package-lock.json"),
        written("package-lock.json"),
    ) {
        (Ok(installed), Ok(wanted)) => installed < wanted && !same_versions(root),
        _ => true,
    }
}

/// A fresh checkout gives the lockfile a new time without a change in it.
fn same_versions(root: &Path) -> bool {
    let stamp = fs::read(root.join("node_modules/.recipe-chat-lock"));
    let wanted = fs::read(root.join("package-lock.json"));
    matches!((stamp, wanted), (Ok(a), Ok(b)) if a == b)
}

fn npm(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let done = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .output()
        .map_err(|why| format!("npm does not start: {why}; install Node.js 20.19 or newer"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        return Err(format!(
            "`npm {}` failed: {}",
            arguments.join(" "),
            last.unwrap_or("no words")
        ));
    }
    if arguments.first() == Some(&"ci") {
        let (lock, stamp) = ("package-lock.json", "node_modules/.recipe-chat-lock");
        fs::copy(root.join(lock), root.join(stamp)).map_err(|why| why.to_string())?;
    }
    Ok(())
}

fn list(top: &Path, folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(top, &path, into)?;
        } else if !path
            .extension()
            .is_some_and(|end| end == "br" || end == "gz")
        {
            into.push(path.strip_prefix(top)?.to_path_buf());
        }
    }
    Ok(())
}

/// The text of a sorted `FILES` table; the bytes stay in files that the compiler includes.
fn table_of(files: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut text = String::from("static FILES: &[File] = &[\n");
    for file in files {
        let name = file.to_string_lossy().replace('\\', "/");
        let bytes = |end: &str| {
            format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/dist/{name}{end}\"))")
        };
        let packed = |end: &str, exists: bool| {
            if exists {
                format!("Some({})", bytes(end))
            } else {
                String::from("None")
            }
        };
        let dist =
            PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?).join("dist");
        let br = packed(".br", dist.join(format!("{name}.br")).exists());
        let gz = packed(".gz", dist.join(format!("{name}.gz")).exists());
        let body = fs::read(dist.join(&name))?;
        writeln!(
            text,
            "    File {{ name: {name:?}, digest: \"{:016x}\", plain: {}, br: {br}, gz: {gz} }},",
            fnv(&body),
            bytes("")
        )?;
    }
    text.push_str("];\n");
    Ok(text)
}

/// FNV-1a: an entity tag needs to tell versions apart, not to withstand an attacker.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
