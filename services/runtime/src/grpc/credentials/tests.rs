use std::{convert::Infallible, fs, path::Path, sync::Once, time::Duration};

use http::{Request, Response};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tonic::{Code, Status, body::Body, codegen::Service, server::NamedService};

use super::*;
use crate::{
    grpc::{Access, channel, serve},
    lifecycle::Lifecycle,
    probe,
};

const TOKEN: &str = "canary-service-token-1";
const NEXT: &str = "canary-service-token-2";

fn with_token(folder: &TempDir, text: &str) -> CredentialArgs {
    let path = folder.path().join("tokens");
    fs::write(&path, text).unwrap();
    CredentialArgs {
        service_token_file: Some(path),
        ..CredentialArgs::default()
    }
}

fn authorization(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::try_from(value).unwrap())])
}

#[test]
fn the_first_token_is_sent_and_all_are_accepted() {
    let folder = TempDir::new().unwrap();
    let credentials = with_token(&folder, &format!("{NEXT}\n\n  {TOKEN}  \n"));
    let credentials = credentials.open().unwrap();

    let sent = credentials.authorization().unwrap();
    assert_eq!(sent.to_str().unwrap(), format!("Bearer {NEXT}"));
    for (value, accepted) in [
        (format!("Bearer {TOKEN}"), true),
        (format!("Bearer {NEXT}"), true),
        (format!("bearer {TOKEN}"), false),
        (format!("Bearer {TOKEN}x"), false),
        (format!("Bearer {}", &TOKEN[1..]), false),
        ("Bearer ".to_owned(), false),
        (TOKEN.to_owned(), false),
    ] {
        let headers = authorization(&value);
        assert_eq!(credentials.accept(false, &headers), accepted, "{value}");
    }
    assert!(!credentials.accept(true, &HeaderMap::new()));
    let mut beside_an_operators = authorization("Bearer canary-operator-token");
    beside_an_operators.append(
        AUTHORIZATION,
        HeaderValue::try_from(format!("Bearer {TOKEN}")).unwrap(),
    );
    assert!(credentials.accept(false, &beside_an_operators));
    assert!(!format!("{credentials:?}").contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_is_read_again_and_a_bad_one_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let args = with_token(&folder, TOKEN);
    let path = args.service_token_file.clone().unwrap();
    let credentials = args.open().unwrap();
    let sent = || credentials.authorization().unwrap();
    let of = |token: &str| format!("Bearer {token}");

    let change = async |text: Option<&str>| {
        match text {
            Some(text) => fs::write(&path, text).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        tokio::time::advance(files::RELOAD_INTERVAL).await;
    };
    change(Some(NEXT)).await;
    assert_eq!(sent(), of(NEXT));
    for bad in [Some(""), Some("short"), None] {
        change(bad).await;
        assert_eq!(sent(), of(NEXT), "{bad:?}");
    }
    change(Some(TOKEN)).await;
    assert_eq!(sent(), of(TOKEN));
    assert!(!credentials.accept(false, &authorization(&of(NEXT))));
}

#[test]
fn what_cannot_be_used_names_the_flag_and_shows_no_token() {
    let folder = TempDir::new().unwrap();
    for text in [
        "",
        "canary",
        "canary canary canary",
        "canary-\u{e9}-canary-canary",
    ] {
        let fault = with_token(&folder, text).open().unwrap_err().to_string();
        assert!(fault.starts_with("--service-token-file: "), "{fault}");
        assert!(!fault.contains("canary"), "{fault}");
    }
    let missing = CredentialArgs {
        service_token_file: Some("/nowhere/tokens".into()),
        ..CredentialArgs::default()
    };
    let fault = missing.open().unwrap_err().to_string();
    assert!(fault.contains("/nowhere/tokens cannot be read"), "{fault}");
    let half = CredentialArgs {
        tls_cert: Some("auth.crt".into()),
        ..CredentialArgs::default()
    };
    let fault = half.open().unwrap_err().to_string();
    assert!(fault.contains("--client-ca"), "{fault}");
}

#[test]
fn without_credentials_only_loopback_is_listened_on() {
    let none = Credentials::default();
    let folder = TempDir::new().unwrap();
    let some = with_token(&folder, TOKEN).open().unwrap();
    for (address, is_loopback) in [
        ("127.0.0.1:50051", true),
        ("[::1]:50051", true),
        ("[::ffff:127.0.0.1]:50051", true),
        ("0.0.0.0:50051", false),
        ("[::]:50051", false),
        ("10.0.0.1:50051", false),
    ] {
        let address = address.parse().unwrap();
        let checked = none.check_listen("--listen", address);
        assert_eq!(checked.is_ok(), is_loopback, "{address}");
        some.check_listen("--listen", address).unwrap();
    }
}

/// A service that says yes.
#[derive(Clone)]
struct Yes;

impl NamedService for Yes {
    const NAME: &'static str = "test.Yes";
}

impl Service<Request<Body>> for Yes {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        std::future::ready(Ok(Status::ok("yes").into_http()))
    }
}

/// Serves on loopback with these credentials; gives the port.
async fn served(credentials: &Credentials, lifecycle: &Lifecycle) -> u16 {
    static CRYPTO: Once = Once::new();
    CRYPTO.call_once(|| {
        rustls::crypto::aws_lc_rs::default_provider()
            .install_default()
            .ok();
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let access = Access {
        credentials: credentials.clone(),
        reflection: false,
    };
    let running = lifecycle.clone();
    lifecycle.spawn(async move {
        serve(listener, Yes, &[], access, always_well(), &running)
            .await
            .unwrap()
    });
    port
}

/// Calls with these credentials.
async fn call(address: &str, credentials: &Credentials) -> Code {
    let mut channel = channel(address, &["auth"], credentials).unwrap();
    let request = Request::post(format!("{address}/test.Yes/Ask")).body(Body::empty());
    let answered = async {
        std::future::poll_fn(|cx| channel.poll_ready(cx)).await?;
        channel.call(request.unwrap()).await
    };
    match tokio::time::timeout(Duration::from_secs(20), answered)
        .await
        .unwrap()
    {
        Ok(answer) => {
            Status::from_header_map(answer.headers()).map_or(Code::Ok, |status| status.code())
        }
        Err(_) => Code::Unavailable,
    }
}

/// A store that answers.
fn always_well() -> crate::grpc::Probe {
    Arc::new(|| Box::pin(async { Ok(()) }))
}

#[tokio::test]
async fn callers_without_the_token_are_refused_and_health_is_open() {
    let folder = TempDir::new().unwrap();
    let ours = with_token(&folder, TOKEN).open().unwrap();
    let other_folder = TempDir::new().unwrap();
    let others = with_token(&other_folder, NEXT).open().unwrap();
    let lifecycle = Lifecycle::new();
    let address = format!("http://127.0.0.1:{}", served(&ours, &lifecycle).await);

    assert_eq!(call(&address, &ours).await, Code::Ok);
    assert_eq!(call(&address, &others).await, Code::Unauthenticated);
    assert_eq!(
        call(&address, &Credentials::default()).await,
        Code::Unauthenticated
    );
    probe::grpc(&address, "", &Credentials::default())
        .await
        .unwrap();
    lifecycle.stop();
}

/// A certificate authority, and certificates of it in a folder.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Writes the files of a service that is made out to `name`.
    fn certify(&self, folder: &Path, name: &str) -> CredentialArgs {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let file = |file: &str, text: String| {
            let path = folder.join(file);
            fs::write(&path, text).unwrap();
            Some(path)
        };
        CredentialArgs {
            tls_cert: file("cert", certificate.pem()),
            tls_key: file("key", key.serialize_pem()),
            client_ca: file("ca", self.0.pem()),
            service_token_file: None,
        }
    }
}

#[tokio::test]
async fn both_sides_of_mutual_tls_must_be_of_this_deployment() {
    let folders = [(); 4].map(|()| TempDir::new().unwrap());
    let (ours, strangers) = (Authority::new(), Authority::new());
    let auth = ours.certify(folders[0].path(), "auth").open().unwrap();
    let edge = ours.certify(folders[1].path(), "edge").open().unwrap();
    let stranger = strangers.certify(folders[2].path(), "edge").open().unwrap();
    let mut args = ours.certify(folders[3].path(), "auth");
    let lifecycle = Lifecycle::new();
    let auth_address = format!("https://127.0.0.1:{}", served(&auth, &lifecycle).await);
    let edge_address = format!("https://127.0.0.1:{}", served(&edge, &lifecycle).await);

    assert_eq!(call(&auth_address, &edge).await, Code::Ok);
    probe::grpc(&auth_address, "", &edge).await.unwrap();
    // It is not who was meant, not ours, or does not speak TLS.
    assert_eq!(call(&edge_address, &auth).await, Code::Unavailable);
    assert_eq!(call(&auth_address, &stranger).await, Code::Unavailable);
    let plain = auth_address.replace("https", "http");
    assert_eq!(
        call(&plain, &Credentials::default()).await,
        Code::Unavailable
    );
    // Where both are asked for, neither is enough.
    args.service_token_file = with_token(&folders[3], TOKEN).service_token_file;
    let both = args.open().unwrap();
    let address = format!("https://127.0.0.1:{}", served(&both, &lifecycle).await);
    assert_eq!(call(&address, &both).await, Code::Ok);
    assert_eq!(call(&address, &edge).await, Code::Unauthenticated);
    let token = authorization(&format!("Bearer {TOKEN}"));
    assert!(!both.accept(false, &token));
    lifecycle.stop();
}

#[tokio::test]
async fn a_certificate_that_is_replaced_is_shown_from_the_next_connection_on() {
    let [server, client] = [(); 2].map(|()| TempDir::new().unwrap());
    let (old, new) = (Authority::new(), Authority::new());
    let auth = old.certify(server.path(), "auth").open().unwrap();
    let before = old.certify(client.path(), "edge").open().unwrap();
    let lifecycle = Lifecycle::new();
    let address = format!("https://127.0.0.1:{}", served(&auth, &lifecycle).await);
    assert_eq!(call(&address, &before).await, Code::Ok);

    new.certify(server.path(), "auth");
    let elsewhere = TempDir::new().unwrap();
    let after = new.certify(elsewhere.path(), "edge").open().unwrap();
    let mut answer = Code::Unavailable;
    for _ in 0..100 {
        answer = call(&address, &after).await;
        if answer == Code::Ok {
            break;
        }
        tokio::time::sleep(files::RELOAD_INTERVAL / 10).await;
    }
    assert_eq!(answer, Code::Ok);
    assert_eq!(call(&address, &before).await, Code::Unavailable);
    lifecycle.stop();
}
