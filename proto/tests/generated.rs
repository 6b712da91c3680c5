//! Writes the generated gRPC code anew and fails when what was committed is stale.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::path::{Path, PathBuf};

use protox::prost::Message as _;

const PROTOS: [&str; 2] = [
    "recipechat/auth/v1/auth.proto",
    "recipechat/chat/v1/chat.proto",
];

/// Messages that carry tokens or passwords: `proto::secrets` prints them redacted.
const SECRET: [&str; 34] = [
    ".recipechat.auth.v1.TokenPair",
    ".recipechat.auth.v1.RegisterRequest",
    ".recipechat.auth.v1.RegisterResponse",
    ".recipechat.auth.v1.LoginRequest",
    ".recipechat.auth.v1.LoginResponse",
    ".recipechat.auth.v1.ValidateTokenRequest",
    ".recipechat.auth.v1.ValidateTokenResponse",
    ".recipechat.auth.v1.RefreshTokenRequest",
    ".recipechat.auth.v1.RefreshTokenResponse",
    ".recipechat.auth.v1.RevokeSessionRequest",
    ".recipechat.auth.v1.RegisterGuestResponse",
    ".recipechat.auth.v1.GetAccountRequest",
    ".recipechat.auth.v1.BeginDeletionRequest",
    ".recipechat.auth.v1.Deletion",
    ".recipechat.auth.v1.UpdateAccountRequest",
    ".recipechat.auth.v1.ChangePasswordRequest",
    ".recipechat.auth.v1.ClaimGuestRequest",
    ".recipechat.auth.v1.EndSessionRequest",
    ".recipechat.auth.v1.ResetPasswordResponse",
    ".recipechat.auth.v1.CreateApiTokenRequest",
    ".recipechat.auth.v1.CreateApiTokenResponse",
    ".recipechat.auth.v1.ListApiTokensRequest",
    ".recipechat.auth.v1.DeleteApiTokenRequest",
    ".recipechat.auth.v1.ExchangeApiTokenRequest",
    ".recipechat.auth.v1.ExchangeApiTokenResponse",
    ".recipechat.auth.v1.BeginIssuerSignInResponse",
    ".recipechat.auth.v1.FinishIssuerSignInRequest",
    ".recipechat.auth.v1.FinishIssuerSignInResponse",
    ".recipechat.chat.v1.Principal",
    ".recipechat.chat.v1.CreateLinkResponse",
    ".recipechat.chat.v1.CreateWebhookRequest",
    ".recipechat.chat.v1.CreateWebhookResponse",
    ".recipechat.chat.v1.DescribeLinkRequest",
    ".recipechat.chat.v1.AcceptLinkRequest",
];

#[test]
fn generated_code_is_what_the_proto_files_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fresh = tempfile::tempdir().unwrap();
    generate(root, fresh.path());

    let committed = root.join("src/generated");
    let stale: Vec<PathBuf> = std::fs::read_dir(fresh.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|new| replace_when_different(new, &committed))
        .collect();

    assert!(
        stale.is_empty(),
        "generated code was stale and has been written anew; commit proto/src/generated: {stale:?}"
    );
}

fn generate(root: &Path, out: &Path) {
    let descriptors = protox::compile(PROTOS, [root]).expect("the proto files compile");
    tonic_prost_build::configure()
        .emit_rerun_if_changed(false)
        .out_dir(out)
        .skip_debug(SECRET)
        .bytes(".recipechat.chat.v1.LinkUpdate.recipe")
        .compile_fds(descriptors)
        .expect("code generation");
    // One set for each package, so that reflection tells of the services of its own port alone.
    for proto in PROTOS {
        let descriptors = protox::compile([proto], [root]).expect("the proto file compiles");
        let package = Path::new(proto).parent().unwrap().to_str().unwrap();
        let name = format!("{}.bin", package.replace('/', "."));
        std::fs::write(out.join(name), descriptors.encode_to_vec()).unwrap();
    }
}

/// Tells whether the committed file differed; if so it is replaced.
fn replace_when_different(new: &Path, committed: &Path) -> bool {
    let fresh = std::fs::read(new).unwrap();
    let old = committed.join(new.file_name().unwrap());
    if std::fs::read(&old).is_ok_and(|before| before == fresh) {
        return false;
    }
    std::fs::write(old, fresh).unwrap();
    true
}
