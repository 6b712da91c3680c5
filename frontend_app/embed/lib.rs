//! The web app inside the binary: finds a file by its path and says how to serve it.
//!
//! Knows nothing of HTTP servers; the edge turns an [`Asset`] into a response. Without the feature
//! `bundled` there are no files, and one plain page tells where the protocol is described.

use std::borrow::Cow;

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// What the page may do: only this origin, no inline script or style, no string made into markup. The one policy of
/// Trusted Types makes the address of the service worker's script, and nothing else.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types service-worker";

const PLAIN_PAGE: &str = include_str!("plain.html");

/// One file of the web app, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    pub body: Cow<'static, [u8]>,
    pub content_type: &'static str,
    pub content_encoding: Option<&'static str>,
    pub etag: String,
    /// The name contains a hash of the content: may be cached for ever.
    pub immutable: bool,
}

struct File {
    name: &'static str,
    digest: &'static str,
    plain: &'static [u8],
    br: Option<&'static [u8]>,
    gz: Option<&'static [u8]>,
}

/// The file at `path`, in the smallest form that `accept_encoding` takes.
///
/// Pages that the web app itself shows (`/`, `/r/pancakes`) answer with its start page.
#[must_use]
pub fn find(path: &str, accept_encoding: Option<&str>) -> Option<Asset> {
    let name = path.trim_start_matches('/');
    if FILES.is_empty() {
        return is_page(name).then(plain_page);
    }
    let file = named(name).or_else(|| is_page(name).then(|| named("index.html")).flatten())?;
    Some(asset_of(file, accept_encoding.unwrap_or_default()))
}

fn named(name: &str) -> Option<&'static File> {
    let at = FILES.binary_search_by(|file| file.name.cmp(name)).ok()?;
    FILES.get(at)
}

/// Every address that is no file's and no call's is a page: the app says where one leads nowhere.
fn is_page(name: &str) -> bool {
    let file_name = name.rsplit('/').next().unwrap_or_default();
    let is_elsewhere = name.starts_with("assets/") || name.starts_with("v1/");
    !is_elsewhere && !file_name.contains('.')
}

fn asset_of(file: &'static File, accepts: &str) -> Asset {
    let (body, content_encoding, mark) = match (file.br, file.gz) {
        (Some(br), _) if takes(accepts, "br") => (br, Some("br"), "-br"),
        (_, Some(gz)) if takes(accepts, "gzip") => (gz, Some("gzip"), "-gz"),
        _ => (file.plain, None, ""),
    };
    Asset {
        body: Cow::Borrowed(body),
        content_type: content_type_of(file.name),
        content_encoding,
        etag: format!("\"{}{mark}\"", file.digest),
        immutable: file.name.starts_with("assets/"),
    }
}

/// Whether an `Accept-Encoding` header takes `coding`; `q=0` refuses it.
fn takes(accepts: &str, coding: &str) -> bool {
    accepts.split(',').any(|part| {
        let mut pieces = part.split(';').map(str::trim);
        let named = pieces
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = |piece: &str| {
            piece
                .strip_prefix("q=")
                .is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0))
        };
        named && !pieces.any(refused)
    })
}

fn content_type_of(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn plain_page() -> Asset {
    Asset {
        body: Cow::Borrowed(PLAIN_PAGE.as_bytes()),
        content_type: "text/html; charset=utf-8",
        content_encoding: None,
        etag: format!("\"plain-{}\"", env!("CARGO_PKG_VERSION")),
        immutable: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_pages_of_the_web_app_with_its_start_page() {
        for path in ["/", "", "/r/pancakes", "/account", "/i/4Zkx", "/a/b"] {
            let page = find(path, None).unwrap();
            assert_eq!(page.content_type, "text/html; charset=utf-8", "{path}");
            assert!(!page.immutable);
        }
    }

    #[test]
    fn knows_no_file_that_was_not_built() {
        for path in [
            "/assets/none.js",
            "/robots.txt",
            "/v1/recipes",
            "/../Cargo.toml",
            "/assets/none",
        ] {
            assert_eq!(find(path, None), None, "{path}");
        }
    }

    #[test]
    #[cfg(feature = "bundled")]
    fn serves_the_smallest_form_that_the_browser_takes() {
        let script = FILES
            .iter()
            .find(|file| file.name.ends_with(".js"))
            .unwrap();
        let form = |accepts| find(script.name, accepts).unwrap();

        assert_eq!(form(None).content_encoding, None);
        assert_eq!(form(Some("gzip, deflate, br")).content_encoding, Some("br"));
        assert_eq!(form(Some("br;q=0, gzip")).content_encoding, Some("gzip"));
        assert!(form(Some("br")).body.len() < form(None).body.len());
        assert_ne!(form(Some("br")).etag, form(None).etag);
        assert!(form(None).immutable);
    }
}
