//! Proof between services: nobody is believed who only reaches a port.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use proto::{
    auth::{GetJwksRequest, ValidateTokenRequest, auth_service_client::AuthServiceClient},
    chat::{GetRecipeRequest, chat_service_client::ChatServiceClient},
};
use system_tests::{
    account::Account,
    binary::recipe_chat,
    chat_log::principal,
    process::{Ended, Process},
    service::{Launch, Service},
    stack::{Plan, Stack},
    timeouts::within,
};
use tempfile::TempDir;
use tokio::time::sleep;
use tonic::{Code, Request, Response, Status, metadata::AsciiMetadataValue, transport::Channel};

const TOKEN: &str = "canary-token-of-the-services-1";
const NEXT: &str = "canary-token-of-the-services-2";
/// How long until something that other processes do is looked at again.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Everything apart, each with `flags`.
async fn apart(flags: &[&str]) -> Stack {
    let plan = Plan::apart(1).auth(flags).chat(flags).edge(flags);
    let stack = plan.start().await;
    stack.canary().remember(TOKEN);
    stack.canary().remember(NEXT);
    stack
}

fn code<T>(answer: Result<Response<T>, Status>) -> Code {
    answer.err().map_or(Code::Ok, |status| status.code())
}

fn with_token<T>(message: T, token: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(token) = token {
        let value: AsciiMetadataValue = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    request
}

/// Asks the auth service whether nonsense is a token: a service that is let in hears `UNAUTHENTICATED` as well, but
/// in other words.
async fn validate(channel: Channel, token: Option<&str>) -> String {
    let message = ValidateTokenRequest {
        access_token: "nonsense".to_owned(),
    };
    let answer = AuthServiceClient::new(channel)
        .validate_token(with_token(message, token))
        .await;
    answer.unwrap_err().message().to_owned()
}

/// Reads somebody's private recipe by saying that one is its owner.
async fn read_as_owner(channel: Channel, owner: &Account, token: Option<&str>) -> Code {
    let message = GetRecipeRequest {
        principal: Some(principal(owner)),
        recipe_id: "soup".to_owned(),
        revision: None,
    };
    code(
        ChatServiceClient::new(channel)
            .get_recipe(with_token(message, token))
            .await,
    )
}

#[tokio::test]
async fn only_services_with_the_token_are_let_in() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tokens");
    fs::write(&file, TOKEN).unwrap();
    let mut stack = apart(&["--service-token-file", &file.display().to_string()]).await;
    let ada = stack.register("ada").await;
    stack.join(&ada, "soup").await.say("add 2 leeks").await;

    let (auth, chat) = (stack.auth().channel().await, stack.chat().channel().await);
    for wrong in [None, Some(NEXT), Some("x")] {
        let refused = validate(auth.clone(), wrong).await;
        assert!(
            refused.contains("prove that you are a service"),
            "{refused}"
        );
        let read = read_as_owner(chat.clone(), &ada, wrong).await;
        assert_eq!(read, Code::Unauthenticated, "{wrong:?}");
    }
    let judged = validate(auth.clone(), Some(TOKEN)).await;
    assert!(!judged.contains("prove"), "{judged}");
    assert_eq!(read_as_owner(chat, &ada, Some(TOKEN)).await, Code::Ok);
    let keys = AuthServiceClient::new(auth)
        .get_jwks(GetJwksRequest {})
        .await;
    assert_eq!(code(keys), Code::Ok, "the public keys are public");
}

#[tokio::test]
async fn a_token_is_rotated_while_everything_runs() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tokens");
    fs::write(&file, TOKEN).unwrap();
    let mut stack = apart(&["--service-token-file", &file.display().to_string()]).await;
    let ada = stack.register("ada").await;
    let mut cook = stack.join(&ada, "soup").await;
    let auth = stack.auth().channel().await;

    for (tokens, accepted) in [
        (format!("{TOKEN}\n{NEXT}\n"), NEXT),
        (format!("{NEXT}\n{TOKEN}\n"), TOKEN),
        (format!("{NEXT}\n"), NEXT),
    ] {
        fs::write(&file, &tokens).unwrap();
        within("the tokens are read again", async {
            while validate(auth.clone(), Some(accepted))
                .await
                .contains("prove")
            {
                sleep(POLL_INTERVAL).await;
            }
        })
        .await;
        cook.say("add 2 leeks").await;
        ada.login(&stack.api()).await;
    }
    within("the old token is nobody's", async {
        while !validate(auth.clone(), Some(TOKEN)).await.contains("prove") {
            sleep(POLL_INTERVAL).await;
        }
    })
    .await;
    cook.say("double it").await;
}

async fn run(arguments: &[&str]) -> Ended {
    let mut command = recipe_chat(arguments);
    command.env("RECIPE_CHAT_LOG", "error");
    Process::start("recipe-chat", command).ended().await
}

#[tokio::test]
async fn without_proof_a_service_listens_on_loopback_only() {
    let folder = TempDir::new().unwrap();
    for service in ["auth", "chat"] {
        let database = format!("sqlite:{}/{service}.db", folder.path().display());
        let ended = run(&[
            service,
            "--listen",
            "0.0.0.0:0",
            "--database-url",
            &database,
        ])
        .await;
        assert_eq!(ended.status.code(), Some(1), "{service}: {}", ended.stderr);
        assert_eq!(ended.stderr.trim().lines().count(), 1, "{}", ended.stderr);
        assert!(
            ended.stderr.contains("--service-token-file"),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test]
async fn everything_together_has_a_token_of_its_own_for_operators_on_the_machine() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data").display().to_string();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let auth = port.local_addr().unwrap().to_string();
    drop(port);
    let arguments = [
        "up",
        "--data-dir",
        &data,
        "--auth-listen",
        &auth,
        "--chat-listen",
        "127.0.0.1:0",
        "--operator-token",
        "operator-of-this-test",
    ];
    let up = Service::start(Launch {
        binary: system_tests::binary::path(),
        name: "edge",
        arguments: arguments.map(str::to_owned).to_vec(),
        listen_flag: "--edge-listen",
        environment: Vec::new(),
    })
    .await;
    let api = system_tests::http::Api::new(up.address(), system_tests::canary::Canary::default());
    let ada = system_tests::account::Account::register(&api, "ada").await;

    let token = Path::new(&data).join("service-token");
    let mode = fs::metadata(&token).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let file = token.display().to_string();
    let url = format!("http://{auth}");
    let list = [
        "sessions",
        "--auth-url",
        &url,
        "--operator-token",
        "operator-of-this-test",
    ];
    let refused = run(&[&list[..], &["list", &ada.name]].concat()).await;
    assert_eq!(refused.status.code(), Some(1), "{}", refused.stdout);
    let listed = [
        &list[..],
        &["--service-token-file", &file, "list", &ada.name],
    ]
    .concat();
    let listed = run(&listed).await;
    assert_eq!(listed.status.code(), Some(0), "{}", listed.stderr);
    assert!(listed.stdout.contains(&ada.id) || listed.stdout.contains(&ada.name));
    let printed = format!("{}{}", up.process().stdout(), up.process().stderr());
    let secret = fs::read_to_string(&token).unwrap();
    assert!(!printed.contains(secret.trim()));
}

#[tokio::test]
async fn a_development_ca_makes_mutual_tls() {
    let folder = TempDir::new().unwrap();
    let ca = folder.path().join("ca").display().to_string();
    let made = run(&["dev-ca", &ca]).await;
    assert_eq!(made.status.code(), Some(0), "{}", made.stderr);
    let again = run(&["dev-ca", &ca]).await;
    assert_eq!(again.status.code(), Some(1), "{}", again.stdout);
    assert!(
        again.stderr.contains("is there already"),
        "{}",
        again.stderr
    );
    let key = fs::metadata(format!("{ca}/auth.key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);

    let of = |role: &str| {
        [
            ("--tls-cert", format!("{ca}/{role}.crt")),
            ("--tls-key", format!("{ca}/{role}.key")),
            ("--client-ca", format!("{ca}/ca.crt")),
        ]
    };
    let flags = |role: &str| {
        of(role)
            .map(|(flag, file)| [flag.to_owned(), file])
            .concat()
    };
    let [auth, chat, edge] = ["auth", "chat", "edge"].map(flags);
    let words = |flags: &'static [String]| flags.iter().map(String::as_str).collect::<Vec<_>>();
    let [auth, chat, edge] = [auth, chat, edge].map(|flags| words(flags.leak()));
    let mut stack = Plan::apart(1)
        .auth(&auth)
        .chat(&chat)
        .edge(&edge)
        .start()
        .await;
    let ada = stack.register("ada").await;
    stack.join(&ada, "soup").await.say("add 2 leeks").await;

    let address = stack.chat().address().to_string();
    let naked = run(&["health", "--grpc", &address]).await;
    assert_eq!(naked.status.code(), Some(1), "plain gRPC is not answered");
    let asked = [&["health", "--grpc", &address][..], &edge].concat();
    let asked = run(&asked).await;
    assert_eq!(asked.status.code(), Some(0), "{}", asked.stderr);
}
