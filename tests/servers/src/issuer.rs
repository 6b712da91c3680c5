//! A stand-in for an identity provider: a discovery document and a key set over HTTP on this machine, tokens with
//! whatever header and claims a test wants, and whoever a test says signs in.

mod sign_in;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use serde_json::{Value, json};

use self::sign_in::{Answer, CLIENT_ID, DEVICE_CLIENT_ID, SignIns};

/// What stands before the key itself in the PKCS#8 of an RSA key of 2048 bits.
const RSA_PKCS8_HEAD: usize = 26;
/// How long a test waits for renewals.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(30);

/// A key that signs tokens.
#[derive(Clone)]
pub struct IssuerKey {
    kid: String,
    algorithm: Algorithm,
    signing: EncodingKey,
}

impl IssuerKey {
    /// A new key of that name, for RS256, ES256 or EdDSA.
    ///
    /// # Panics
    /// For another algorithm.
    pub fn generate(kid: &str, algorithm: Algorithm) -> Self {
        let random = SystemRandom::new();
        let signing = match algorithm {
            Algorithm::RS256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
                let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
                EncodingKey::from_rsa_der(&pkcs8.as_ref()[RSA_PKCS8_HEAD..])
            }
            Algorithm::ES256 => {
                let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
                EncodingKey::from_ec_der(pkcs8.as_ref())
            }
            Algorithm::EdDSA => {
                let pkcs8 = Ed25519KeyPair::generate_pkcs8v1(&random).unwrap();
                EncodingKey::from_ed_der(pkcs8.as_ref())
            }
            other => panic!("no keys for {other:?} here"),
        };
        Self {
            kid: kid.to_owned(),
            algorithm,
            signing,
        }
    }

    /// The public half, as it stands in a key set.
    ///
    /// # Panics
    /// Never, for a key that was generated here.
    pub fn public(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.signing, self.algorithm).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk
    }

    /// The header of its tokens, as most providers write it.
    pub fn header(&self) -> Value {
        json!({"alg": format!("{:?}", self.algorithm), "typ": "JWT", "kid": self.kid})
    }

    /// A token that is genuinely signed, whatever it says.
    ///
    /// # Panics
    /// Never, for a key that was generated here.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = crypto::sign(message.as_bytes(), &self.signing, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

/// How an issuer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// As it should.
    Serving,
    /// With 503.
    Away,
    /// Not at all, on connections that stay open.
    Silent,
}

struct State {
    keys: Vec<IssuerKey>,
    behaviour: Behaviour,
    sign_ins: SignIns,
    /// Connections that get no answer.
    held: Vec<TcpStream>,
}

/// A running issuer.
pub struct Issuer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    fetches: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
    /// Told after each answer.
    answered: Arc<Condvar>,
}

impl Issuer {
    /// One with a key named `k1`.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(algorithm: Algorithm) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::new(Mutex::new(State {
                keys: vec![IssuerKey::generate("k1", algorithm)],
                behaviour: Behaviour::Serving,
                sign_ins: SignIns::default(),
                held: Vec::new(),
            })),
            fetches: Arc::default(),
            stopped: Arc::default(),
            answered: Arc::default(),
        };
        let (url, state) = (issuer.url(), Arc::clone(&issuer.state));
        let (fetches, stopped) = (Arc::clone(&issuer.fetches), Arc::clone(&issuer.stopped));
        let answered = Arc::clone(&issuer.answered);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                // A client that has gone is nobody to tell.
                stream
                    .and_then(|stream| serve(stream, &url, &state, &fetches))
                    .ok();
                answered.notify_all();
            }
        });
        issuer
    }

    /// What its tokens say in `iss`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The value of `--trusted-issuer` for it: it is called `corp`, its audience `cook`.
    pub fn setting(&self) -> String {
        format!("name=corp,url={},audience=cook", self.url())
    }

    /// The same, where users sign in from here too.
    pub fn sign_in_setting(&self) -> String {
        let ids = format!("client_id={CLIENT_ID},device_client_id={DEVICE_CLIENT_ID}");
        format!("{},{ids},label=Corp+Kitchens", self.setting())
    }

    /// The server proves itself by this secret from now on.
    ///
    /// # Panics
    /// Never.
    pub fn require_secret(&self, secret: &str) {
        self.state.lock().unwrap().sign_ins.secret = Some(secret.to_owned());
    }

    /// It is this second from now on, for tokens of whoever signs in.
    ///
    /// # Panics
    /// Never.
    pub fn set_second(&self, second: i64) {
        self.state.lock().unwrap().sign_ins.second = Some(second);
    }

    /// ID tokens say this from now on, beside what they say or in its place.
    ///
    /// # Panics
    /// Never.
    pub fn claim(&self, claims: Value) {
        self.state.lock().unwrap().sign_ins.claims = claims;
    }

    /// Somebody signs in at the address that a server has sent a browser to, or refuses; gives where the browser is sent
    /// back to.
    ///
    /// # Panics
    /// When the address asks for anything but a code with PKCE.
    pub fn authorize(&self, address: &str, subject: Option<&str>) -> String {
        let url = self.url();
        self.state
            .lock()
            .unwrap()
            .sign_ins
            .authorize(&url, address, subject)
    }

    /// How many codes were shown for tokens.
    ///
    /// # Panics
    /// Never.
    pub fn exchanges(&self) -> usize {
        self.state.lock().unwrap().sign_ins.exchanges
    }

    /// Programs that wait get these errors first, and access tokens live for so many seconds.
    ///
    /// # Panics
    /// Never.
    pub fn answer_devices(&self, first: &[&'static str], token_life: i64) {
        let mut state = self.state.lock().unwrap();
        state.sign_ins.first_answers = first.to_vec();
        state.sign_ins.access_token_life = Some(token_life);
    }

    /// How often programs have asked whether somebody has approved them.
    ///
    /// # Panics
    /// Never.
    pub fn polls(&self) -> usize {
        self.state.lock().unwrap().sign_ins.polls
    }

    /// Somebody approves each program that waits from now on, or refuses it.
    ///
    /// # Panics
    /// Never.
    pub fn decide(&self, subject: Option<&str>) {
        let decision = subject.map(str::to_owned).ok_or(());
        self.state.lock().unwrap().sign_ins.decision = Some(decision);
    }

    /// Waits until so many tokens were renewed by refresh tokens.
    ///
    /// # Panics
    /// When that takes longer than half a minute.
    pub fn wait_for_renewals(&self, wanted: usize) {
        let state = self.state.lock().unwrap();
        let too_few = |state: &mut State| state.sign_ins.renewals < wanted;
        let waited = self
            .answered
            .wait_timeout_while(state, RENEWAL_TIMEOUT, too_few)
            .unwrap();
        assert!(!waited.1.timed_out(), "too few renewals");
    }

    /// Signs with this key from now on, and publishes no other.
    ///
    /// # Panics
    /// Never.
    pub fn rotate(&self, key: IssuerKey) {
        self.state.lock().unwrap().keys = vec![key];
    }

    /// Answers so from now on.
    ///
    /// # Panics
    /// Never.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state.lock().unwrap().behaviour = behaviour;
    }

    /// How often its key set was asked for.
    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// The key that signs now.
    ///
    /// # Panics
    /// Never.
    pub fn key(&self) -> IssuerKey {
        self.state.lock().unwrap().keys[0].clone()
    }

    /// A good token that was issued at that second and lives so many; `more` are claims beside these, or others in
    /// their place.
    ///
    /// # Panics
    /// When `more` is no object.
    pub fn token(&self, subject: &str, issued: i64, seconds: i64, more: &Value) -> String {
        let mut claims = json!({
            "iss": self.url(), "aud": "cook", "sub": subject, "iat": issued, "exp": issued + seconds,
        });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let key = self.key();
        key.sign(&key.header(), &claims)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Only to wake the thread.
        TcpStream::connect(self.address).ok();
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuerKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

fn serve(
    mut stream: TcpStream,
    url: &str,
    state: &Mutex<State>,
    fetches: &AtomicUsize,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let (mut line, mut length, mut authorization) = (request.clone(), 0, String::new());
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or_default();
            }
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                value.trim().clone_into(&mut authorization);
            }
            _ => {}
        }
    }
    let mut sent = vec![0; length];
    reader.read_exact(&mut sent)?;
    let sent = String::from_utf8_lossy(&sent);
    let path = request.split(' ').nth(1).unwrap_or_default();
    let mut state = state.lock().unwrap();
    if path == "/keys" {
        fetches.fetch_add(1, Ordering::SeqCst);
    }
    let (status, body) = match (state.behaviour, path) {
        (Behaviour::Silent, _) => {
            state.held.push(stream);
            return Ok(());
        }
        (Behaviour::Away, _) => ("503 Service Unavailable", json!({})),
        (Behaviour::Serving, "/.well-known/openid-configuration") => (
            "200 OK",
            json!({
                "issuer": url, "jwks_uri": format!("{url}/keys"), "token_endpoint": format!("{url}/token"),
                "authorization_endpoint": format!("{url}/authorize"),
                "device_authorization_endpoint": format!("{url}/device/begin"),
            }),
        ),
        (Behaviour::Serving, "/keys") => {
            let keys: Vec<_> = state.keys.iter().map(IssuerKey::public).collect();
            ("200 OK", json!({"keys": keys}))
        }
        (Behaviour::Serving, "/device/begin") => {
            ("200 OK", state.sign_ins.begin_device(url, &sent))
        }
        (Behaviour::Serving, "/token") => match state.sign_ins.exchange(&authorization, &sent) {
            Answer::Refused(error) => ("400 Bad Request", json!({"error": error})),
            Answer::Tokens {
                id_token,
                access_token,
                refresh_token,
            } => {
                let sign = |mut claims: Value| {
                    if claims.get("iss").is_none() {
                        claims["iss"] = json!(url);
                    }
                    let key = &state.keys[0];
                    key.sign(&key.header(), &claims)
                };
                let mut tokens = json!({
                    "access_token": sign(access_token), "token_type": "Bearer", "expires_in": 300,
                    "refresh_token": refresh_token,
                });
                if let Some(claims) = id_token {
                    tokens["id_token"] = json!(sign(claims));
                }
                ("200 OK", tokens)
            }
        },
        (Behaviour::Serving, _) => ("404 Not Found", json!({})),
    };
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
